package io.duckmesh.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.bus.ShardStatus;
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

  @Test
  void keyOfTenThousandCharactersIsRefusedWithTheLimit() {
    TestGateway.Answer answer =
        gateway().post(events(newTable()), BODY, Map.of("Idempotency-Key", "k".repeat(10_000)));

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.errorCode()).isEqualTo("INVALID_REQUEST");
    assertThat(answer.json().get("detail").asString()).contains("10000").contains("255");
  }

  @Test
  void headersThatAreTooLongForTheServerAreRefusedWithTheLimit() {
    TestGateway.Answer answer =
        gateway().post(events(newTable()), BODY, Map.of("Idempotency-Key", "k".repeat(40_000)));

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.json().get("detail").asString()).contains("16384 bytes");
  }

  @Test
  void secondKeyIsRefusedAndNotIgnored() {
    TestGateway.Answer answer =
        gateway()
            .send(
                gateway()
                    .request(events(newTable()))
                    .header("Content-Type", "application/json")
                    .header("Idempotency-Key", "one")
                    .header("Idempotency-Key", "two")
                    .POST(java.net.http.HttpRequest.BodyPublishers.ofString(BODY))
                    .build());

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.errorCode()).isEqualTo("INVALID_REQUEST");
    assertThat(answer.json().get("detail").asString()).contains("more than one Idempotency-Key");
  }

  @Test
  void requestThatWasTakenWithMisfitsAnswersTheSameWhenARepeatWouldRejectThem() {
    String table = newTable();
    Map<String, String> key = newKey();
    String body = "[{\"id\":1},{\"id\":\"x\"}]";
    TestGateway.Answer first = gateway().post(events(table) + "?on_error=quarantine", body, key);

    TestGateway.Answer repeat = gateway().post(events(table), body, key);
    TestGateway.Answer otherBody = gateway().post(events(table), "[{\"id\":\"y\"}]", key);

    assertThat(repeat.status()).as(repeat.body()).isIn(200, 202);
    assertThat(repeat.header("Idempotent-Replayed")).isEqualTo("true");
    assertThat(repeat.json().get("receipt_id")).isEqualTo(first.json().get("receipt_id"));
    assertThat(repeat.json().get("quarantined").asInt()).isEqualTo(1);
    assertThat(repeat.json().get("errors")).isNotEmpty();
    assertThat(otherBody.status()).isEqualTo(422);
  }

  @Test
  void requestThatTheLogRefusedDoesNotUseTheKeyUp() {
    TestDatabase own = new TestDatabase();
    try (TestGateway gateway =
        TestGateway.start(
            own,
            new ScriptedEngine(),
            ApiSettings.DEFAULTS,
            io.duckmesh.bus.BusOptions.DEFAULTS.withBacklogLimitBytes(1_000))) {
      gateway.post(
          "/v1/tables", "{\"name\":\"t\",\"columns\":[{\"name\":\"id\",\"type\":\"BIGINT\"}]}");
      TestGateway.Answer answer = gateway.post(events("t"), "{\"id\":1}");
      for (int i = 0; i < 100 && answer.status() == 202; i++) {
        answer = gateway.post(events("t"), "{\"id\":1}");
      }
      Map<String, String> key = newKey();

      TestGateway.Answer refused = gateway.post(events("t"), "{\"id\":1}", key);
      TestGateway.Answer other = gateway.post(events("t"), "{\"id\":2}", key);
      ShardStatus shard =
          gateway.bus().statuses().stream()
              .filter(status -> status.head().value() > 0)
              .findFirst()
              .orElseThrow();
      gateway.bus().ack(shard.shard(), shard.head());
      await(() -> gateway.post(events("t"), "{\"id\":3}").status() == 202);
      TestGateway.Answer taken = gateway.post(events("t"), "{\"id\":4}", key);
      TestGateway.Answer conflict = gateway.post(events("t"), "{\"id\":5}", key);

      assertThat(refused.errorCode()).isEqualTo("BACKLOG_FULL");
      assertThat(other.errorCode()).isEqualTo("BACKLOG_FULL");
      assertThat(taken.status()).as(taken.body()).isEqualTo(202);
      assertThat(conflict.errorCode()).isEqualTo("IDEMPOTENCY_CONFLICT");
    }
  }
}
