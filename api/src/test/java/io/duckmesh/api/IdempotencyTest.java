package io.duckmesh.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class IdempotencyTest extends GatewayTestBase {
  private static final String BODY = "[{\"id\":1},{\"id\":2},{\"id\":3}]";

  private static Map<String, String> newKey() {
    return Map.of("Idempotency-Key", UUID.randomUUID().toString());
  }

  @Test
  void repeatedRequestGetsTheFirstReceiptBeforeAndAfterItIsVisible() {
    String table = newTable(3, true);
    Map<String, String> key = newKey();
    TestGateway.Answer first;
    TestGateway.Answer before;
    try (TestLander.Hold held = lander().hold()) {
      first = gateway().post(events(table), BODY, key);
      before = gateway().post(events(table), BODY, key);
    }
    String token = first.json().get("token").asString();
    assertThat(count(table, token)).isEqualTo(3);

    TestGateway.Answer after = gateway().post(events(table), BODY, key);

    assertThat(first.header("Idempotent-Replayed")).isEmpty();
    assertThat(before.header("Idempotent-Replayed")).isEqualTo("true");
    assertThat(before.json()).isEqualTo(first.json());
    assertThat(before.status()).isEqualTo(202);
    assertThat(after.json().get("receipt_id")).isEqualTo(first.json().get("receipt_id"));
    assertThat(after.json().get("token")).isEqualTo(first.json().get("token"));
    assertThat(after.json().get("state").asString()).isEqualTo("visible");
    assertThat(after.status()).isEqualTo(200);
    assertThat(gateway().bus().statuses()).isNotEmpty();
    assertThat(count(table, token)).isEqualTo(3);
    assertThat(gateway().get("/v1/tables/" + table).json().get("counts").toString())
        .isEqualTo("{\"visible\":3,\"duplicates\":0,\"quarantined\":0}");
  }

  @Test
  void otherBodyUnderTheSameKeyIsAConflictAndAddsNothing() {
    String table = newTable();
    Map<String, String> key = newKey();
    TestGateway.Answer first = gateway().post(events(table), BODY, key);

    TestGateway.Answer other = gateway().post(events(table), "[{\"id\":4}]", key);

    assertThat(other.status()).isEqualTo(409);
    assertThat(other.errorCode()).isEqualTo("IDEMPOTENCY_CONFLICT");
    assertThat(count(table, first.json().get("token").asString())).isEqualTo(3);
  }

  @Test
  void refusedBodyDoesNotUseTheKeyUp() {
    String table = newTable();
    Map<String, String> key = newKey();
    TestGateway.Answer refused = gateway().post(events(table), "[{\"id\":\"one\"}]", key);

    TestGateway.Answer corrected = gateway().post(events(table), BODY, key);

    assertThat(refused.status()).isEqualTo(422);
    assertThat(corrected.status()).isEqualTo(202);
  }

  @Test
  void sameKeyOnAnotherTableIsAnotherRequest() {
    Map<String, String> key = newKey();
    TestGateway.Answer first = gateway().post(events(newTable()), BODY, key);

    TestGateway.Answer second = gateway().post(events(newTable()), BODY, key);

    assertThat(second.status()).isEqualTo(202);
    assertThat(second.json().get("receipt_id")).isNotEqualTo(first.json().get("receipt_id"));
  }

  @Test
  void requestsThatRaceUnderOneKeyAllGetOneReceiptAndLandOnce() throws Exception {
    String table = newTable(3, true);
    Map<String, String> key = newKey();
    Set<String> receipts = new HashSet<>();
    String token = "";
    try (ExecutorService executor = Executors.newFixedThreadPool(8)) {
      for (Future<TestGateway.Answer> answer :
          executor.invokeAll(
              IntStream.range(0, 8)
                  .<java.util.concurrent.Callable<TestGateway.Answer>>mapToObj(
                      i -> () -> gateway().post(events(table), BODY, key))
                  .toList())) {
        receipts.add(answer.get().json().get("receipt_id").asString());
        token = answer.get().json().get("token").asString();
      }
    }

    assertThat(receipts).hasSize(1);
    assertThat(count(table, token)).isEqualTo(3);
    TestGateway.Answer last =
        gateway().post(events(table) + "?wait=visible", "[{\"id\":9}]", Map.of());
    assertThat(count(table, last.json().get("token").asString())).isEqualTo(4);
  }

  @Test
  void newBodyUnderAnOldKeyIsTakenWhenTheWindowIsOverAndNotMistakenForTheOldOne() {
    String table = newName();
    gateway()
        .post(
            "/v1/tables",
            """
            {"name": "%s", "settings": {"key_window": "1s"},
             "columns": [{"name": "id", "type": "BIGINT"}]}
            """
                .formatted(table));
    Map<String, String> key = newKey();
    gateway().post(events(table) + "?wait=visible", "[{\"id\":1}]", key);
    AtomicReference<TestGateway.Answer> answer = new AtomicReference<>();

    await(
        () -> {
          answer.set(gateway().post(events(table) + "?wait=visible", "[{\"id\":2}]", key));
          return answer.get().status() != 409;
        });

    assertThat(answer.get().json().get("state").asString()).isEqualTo("visible");
    assertThat(answer.get().json().get("duplicates").asInt()).isZero();
    assertThat(count(table, answer.get().json().get("token").asString())).isEqualTo(2);
  }

  private static void await(BooleanSupplier condition) {
    long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("within 30 s").isLessThan(deadline);
      LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
    }
  }

  @Test
  void keyThatIsTooLongIsRefused() {
    TestGateway.Answer answer =
        gateway().post(events(newTable()), BODY, Map.of("Idempotency-Key", "k".repeat(256)));

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.json().get("detail").asString()).contains("Idempotency-Key");
  }
}
