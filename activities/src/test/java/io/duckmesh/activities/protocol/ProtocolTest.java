package io.duckmesh.activities.protocol;

import static io.duckmesh.activities.protocol.Case.corrupt;
import static io.duckmesh.activities.protocol.Case.event;
import static io.duckmesh.activities.protocol.Case.keyed;
import static io.duckmesh.activities.protocol.Case.part;
import static io.duckmesh.activities.protocol.Case.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.activities.protocol.Case.Fault;
import io.duckmesh.activities.protocol.Case.Request;
import io.duckmesh.activities.protocol.Explorer.Explored;
import java.math.BigInteger;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The protocol as it is, in small cases, whatever happens in whatever order. */
class ProtocolTest {
  private static final int LIMIT = 400_000;

  /** For histories that are followed one by one, with no state met twice. */
  private static final int UNMERGED_LIMIT = 4_000_000;

  private static final Case WITHOUT_KEYS =
      new Case(
          "two clients, three segments, no keys",
          1,
          List.of(
              List.of(request("a", event(1)), request("b", event(2))),
              List.of(request("c", event(3)))),
          List.of(0, 0),
          0,
          Set.of(),
          0);

  @Test
  void eventsWithoutKeysLandOnceWhateverFails() {
    Explored explored = explore(WITHOUT_KEYS.withFaults(1, Fault.ALL.toArray(Fault[]::new)));

    assertThat(explored.histories()).isGreaterThan(BigInteger.TEN.pow(11));
  }

  @Test
  void eventsWithoutKeysLandOnceWheneverLeasesEnd() {
    Explored explored = explore(WITHOUT_KEYS.withExpiries(2));

    assertThat(explored.histories()).isGreaterThan(BigInteger.TEN.pow(8));
  }

  @Test
  void repeatedRequestsAndEventsLandOnce() {
    Explored explored =
        explore(
            new Case(
                "a request repeated at another gateway, an event key repeated in another request",
                1,
                List.of(
                    List.of(
                        keyed("a", "r", event(1, "x"), event(2, "y")),
                        request("b", event(3, "y"), event(4, "z"))),
                    List.of(keyed("a again", "r", event(1, "x"), event(2, "y")))),
                List.of(0, 0),
                1,
                Set.of(Fault.CRASH, Fault.RESTART, Fault.LOST_ANSWER),
                0));

    assertThat(explored.histories()).isGreaterThan(BigInteger.TEN.pow(13));
  }

  @Test
  void requestOverTwoShardsIsVisibleBehindItsToken() {
    Explored explored =
        explore(
            new Case(
                "a request over two shards and one for the first, a worker for each shard",
                2,
                List.of(
                    List.of(new Request("a", null, List.of(part(0, event(1)), part(1, event(2))))),
                    List.of(request("b", event(3)))),
                List.of(0, 1),
                1,
                Fault.ALL,
                0));

    assertThat(explored.histories()).isGreaterThan(BigInteger.TEN.pow(6));
  }

  @Test
  void damagedSegmentGoesToQuarantineAndOthersLand() {
    Explored explored =
        explore(
            new Case(
                "a damaged segment before or behind a good one of the same event key",
                1,
                List.of(List.of(corrupt("a", event(1, "x"))), List.of(request("b", event(2, "x")))),
                List.of(0, 0),
                1,
                Fault.ALL,
                1));

    assertThat(explored.histories()).isGreaterThan(BigInteger.TEN.pow(6));
  }

  @Test
  void twoFaultsInOneHistoryDoNoMoreHarm() {
    Explored explored =
        explore(
            new Case(
                "one segment, two faults",
                1,
                List.of(List.of(request("a", event(1)))),
                List.of(0, 0),
                2,
                Fault.ALL,
                1));

    assertThat(explored.histories()).isGreaterThan(BigInteger.TEN.pow(6));
  }

  /** If states that are taken for equal had different futures, the counts would differ. */
  @Test
  void followingEachHistoryByItselfGivesTheSameHistories() {
    List<Case> cases =
        List.of(
            Mutant.plain(),
            Mutant.plain().withFaults(1, Fault.CRASH),
            Mutant.plain().withFaults(1, Fault.TIMEOUT));

    for (Case small : cases) {
      Explored merged = explore(small, true);
      Explored each = explore(small, false);

      assertThat(each.histories()).isEqualTo(merged.histories());
      assertThat(each.ends()).isEqualTo(each.histories().intValueExact());
    }
  }

  private static Explored explore(Case small) {
    return explore(small, true);
  }

  private static Explored explore(Case small, boolean merging) {
    try (StepCode code = new StepCode((steps, bus, store, seconds) -> steps)) {
      Explored explored =
          new Explorer(small, Set.of(), code, false, merging, merging ? LIMIT : UNMERGED_LIMIT)
              .explore();
      System.out.printf("%s: %s%n", small.name(), explored);
      assertThat(explored.found()).isEmpty();
      return explored;
    }
  }
}
