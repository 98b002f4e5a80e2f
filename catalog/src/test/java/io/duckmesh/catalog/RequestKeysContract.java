package io.duckmesh.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Request keys. */
abstract class RequestKeysContract extends CatalogContract {
  private static final KeyHash BODY = new KeyHash(1, 2);
  private static final KeyHash OTHER_BODY = new KeyHash(1, 3);

  @Test
  void firstClaimStandsWhateverBodyComesLater() {
    TableInfo table = table("flights");

    assertThat(catalog.requestKeys().claim(table.id(), "r1", BODY))
        .isEqualTo(new RequestClaim(BODY, null, clock.instant()));
    assertThat(open().requestKeys().claim(table.id(), "r1", OTHER_BODY))
        .isEqualTo(new RequestClaim(BODY, null, null));
  }

  @Test
  void firstReceiptStandsAndIsPartOfTheClaim() {
    TableInfo table = table("flights");
    catalog.requestKeys().claim(table.id(), "r1", BODY);

    assertThat(catalog.requestKeys().complete(table.id(), "r1", "receipt-1"))
        .isEqualTo("receipt-1");
    assertThat(open().requestKeys().complete(table.id(), "r1", "receipt-2")).isEqualTo("receipt-1");
    assertThat(catalog.requestKeys().claim(table.id(), "r1", BODY))
        .isEqualTo(new RequestClaim(BODY, "receipt-1", null));
  }

  @Test
  void releasedClaimLeavesTheKeyToAnotherBody() {
    TableInfo table = table("flights");
    RequestClaim made = catalog.requestKeys().claim(table.id(), "r1", BODY);

    open().requestKeys().release(table.id(), "r1", made);

    assertThat(catalog.requestKeys().find(table.id(), "r1")).isEmpty();
    assertThat(catalog.requestKeys().claim(table.id(), "r1", OTHER_BODY))
        .isEqualTo(new RequestClaim(OTHER_BODY, null, clock.instant()));
    catalog.requestKeys().release(table.id(), "r1", made);
    assertThat(catalog.requestKeys().find(table.id(), "r1"))
        .contains(new RequestClaim(OTHER_BODY, null, null));
  }

  @Test
  void claimThatAnotherCallGotAsWellIsReleasedByNeither() {
    TableInfo table = table("flights");
    RequestClaim made = catalog.requestKeys().claim(table.id(), "r1", BODY);
    RequestClaim shared = open().requestKeys().claim(table.id(), "r1", BODY);

    catalog.requestKeys().release(table.id(), "r1", made);
    catalog.requestKeys().release(table.id(), "r1", shared);

    assertThat(catalog.requestKeys().complete(table.id(), "r1", "receipt-1"))
        .isEqualTo("receipt-1");
  }

  @Test
  void callWithAnotherBodyHindersNoRelease() {
    TableInfo table = table("flights");
    RequestClaim made = catalog.requestKeys().claim(table.id(), "r1", BODY);
    catalog.requestKeys().claim(table.id(), "r1", OTHER_BODY);

    catalog.requestKeys().release(table.id(), "r1", made);

    assertThat(catalog.requestKeys().find(table.id(), "r1")).isEmpty();
  }

  @Test
  void completedClaimIsNotReleased() {
    TableInfo table = table("flights");
    RequestClaim made = catalog.requestKeys().claim(table.id(), "r1", BODY);
    catalog.requestKeys().complete(table.id(), "r1", "receipt-1");

    catalog.requestKeys().release(table.id(), "r1", made);

    assertThat(catalog.requestKeys().find(table.id(), "r1"))
        .contains(new RequestClaim(BODY, "receipt-1", null));
  }

  @Test
  void findSeesNoClaimOlderThanTheWindow() {
    TableInfo table = table("flights");
    catalog.requestKeys().claim(table.id(), "r1", BODY);

    clock.advance(Duration.ofDays(7));
    assertThat(catalog.requestKeys().find(table.id(), "r1")).isPresent();
    clock.advance(Duration.ofSeconds(1));
    assertThat(catalog.requestKeys().find(table.id(), "r1")).isEmpty();
  }

  @Test
  void ofCallsThatClaimCompleteAndReleaseAtOnceNoneLosesItsReceipt() throws Exception {
    TableInfo table = table("flights");
    for (int round = 0; round < 20; round++) {
      String key = "r" + round;

      List<String> ends =
          atOnce(
              8,
              caller -> {
                RequestClaim claim = catalog.requestKeys().claim(table.id(), key, BODY);
                if (caller % 2 == 0) {
                  catalog.requestKeys().release(table.id(), key, claim);
                  return "";
                }
                return catalog.requestKeys().complete(table.id(), key, "receipt-" + caller);
              });

      assertThat(ends.stream().filter(end -> !end.isEmpty()).distinct()).hasSize(1);
    }
  }

  @Test
  void keysBelongToTheirTable() {
    TableInfo flights = table("flights");
    TableInfo planes = table("planes");
    catalog.requestKeys().claim(flights.id(), "r1", BODY);

    assertThat(catalog.requestKeys().claim(planes.id(), "r1", OTHER_BODY).bodyHash())
        .isEqualTo(OTHER_BODY);
  }

  @Test
  void claimOlderThanTheWindowIsReplaced() {
    TableInfo table = table("flights");
    catalog.requestKeys().claim(table.id(), "r1", BODY);
    catalog.requestKeys().complete(table.id(), "r1", "receipt-1");

    clock.advance(Duration.ofDays(7));
    assertThat(catalog.requestKeys().claim(table.id(), "r1", OTHER_BODY))
        .isEqualTo(new RequestClaim(BODY, "receipt-1", null));
    clock.advance(Duration.ofSeconds(1));
    assertThat(catalog.requestKeys().claim(table.id(), "r1", OTHER_BODY))
        .isEqualTo(new RequestClaim(OTHER_BODY, null, clock.instant()));
  }

  @Test
  void expiryKeepsClaimsWithinTheWindow() {
    TableInfo table = table("flights");
    catalog.requestKeys().claim(table.id(), "old", BODY);
    clock.advance(Duration.ofDays(4));
    catalog.requestKeys().claim(table.id(), "young", BODY);
    clock.advance(Duration.ofDays(4));

    catalog.writes().expireKeys();

    assertThat(catalog.requestKeys().claim(table.id(), "young", OTHER_BODY).bodyHash())
        .isEqualTo(BODY);
    assertThatThrownBy(() -> catalog.requestKeys().complete(table.id(), "old", "receipt-1"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("old");
  }

  @Test
  void ofGatewaysThatClaimAtOnceAllGetOneClaim() throws Exception {
    TableInfo table = table("flights");
    for (int round = 0; round < 20; round++) {
      String key = "r" + round;

      List<RequestClaim> claims =
          atOnce(
              8,
              caller -> catalog.requestKeys().claim(table.id(), key, new KeyHash(caller, caller)));

      assertThat(claims)
          .extracting(RequestClaim::bodyHash)
          .hasSize(8)
          .containsOnly(claims.getFirst().bodyHash());
      assertThat(claims).filteredOn(claim -> claim.madeAt() != null).hasSize(1);
    }
  }

  @Test
  void ofGatewaysThatCompleteAtOnceAllGetOneReceipt() throws Exception {
    TableInfo table = table("flights");
    for (int round = 0; round < 20; round++) {
      String key = "r" + round;
      catalog.requestKeys().claim(table.id(), key, BODY);

      List<String> receipts =
          atOnce(8, caller -> catalog.requestKeys().complete(table.id(), key, "receipt-" + caller));

      assertThat(receipts).hasSize(8).containsOnly(receipts.getFirst());
    }
  }

  @Test
  void unknownTableIsRefused() {
    TableId unknown = new TableId(new UUID(0, 1));

    assertThatThrownBy(() -> catalog.requestKeys().claim(unknown, "r1", BODY))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(unknown.toString());
  }

  private interface Call<T> {
    T by(int caller);
  }

  private static <T> List<T> atOnce(int callers, Call<T> call) throws Exception {
    List<T> results = new ArrayList<>();
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<T>> calls =
          IntStream.range(0, callers)
              .<Callable<T>>mapToObj(caller -> () -> call.by(caller))
              .toList();
      for (Future<T> future : executor.invokeAll(calls)) {
        results.add(future.get());
      }
    }
    return results;
  }
}
