package io.duckmesh.bench.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.bench.faults.History.Proof;
import io.duckmesh.bench.faults.History.Read;
import io.duckmesh.bench.faults.History.Seen;
import io.duckmesh.bench.faults.History.SnapshotSeen;
import io.duckmesh.bench.faults.History.Violation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each rule finds what breaks it, and nothing in a history that is well. */
class HistoryChecksTest {
  @TempDir private Path folder;
  private History history;

  @BeforeEach
  void begin() throws IOException {
    history = new History(folder.resolve("history.jsonl"));
  }

  @AfterEach
  void end() throws IOException {
    history.close();
  }

  @Test
  void growingPrefixesAreWell() {
    read("newest", 10, 100, rows(3));
    read("fixed", 10, 300, rows(3));
    history.add(new Proof(Tables.ORDERED, 0, 5, 12, 350));
    read("newest", 12, 400, rows(6));
    history.add(new SnapshotSeen(10, "2026-07-01T00:00:00Z"));
    history.add(new SnapshotSeen(12, "2026-07-01T00:00:01Z"));

    assertThat(rulesBroken()).isEmpty();
  }

  @Test
  void aRowThatIsThereTwiceIsFound() {
    read("newest", 10, 100, new Seen(0, 4, 3, 0, 2, 3, 0));

    assertThat(rulesBroken()).containsExactly("DOUBLED");
  }

  @Test
  void aGapIsFound() {
    read("newest", 10, 100, new Seen(0, 3, 3, 0, 3, 4, 0));

    assertThat(rulesBroken()).containsExactly("ORDER");
  }

  @Test
  void anOtherAnswerOfTheSameSnapshotIsFound() {
    read("newest", 10, 100, rows(3));
    read("fixed", 10, 300, rows(4));

    assertThat(rulesBroken()).containsExactly("SNAPSHOT_CHANGED");
  }

  @Test
  void rowsThatDisappearAreFound() {
    read("newest", 10, 100, rows(4));
    read("newest", 11, 300, rows(3));

    assertThat(rulesBroken()).containsExactly("DISAPPEARED");
  }

  @Test
  void aLaterReadWithoutProvenRowsIsFoundWhicheverSnapshotItSays() {
    history.add(new Proof(Tables.ORDERED, 0, 5, 12, 350));
    read("newest", 11, 400, rows(3));

    assertThat(rulesBroken()).containsExactly("PROVEN_NOT_VISIBLE");
  }

  @Test
  void aFixedReadOfAnOlderSnapshotNeedNotHaveWhatWasProvenLater() {
    history.add(new Proof(Tables.ORDERED, 0, 5, 12, 350));
    read("fixed", 11, 400, rows(3));

    assertThat(rulesBroken()).isEmpty();
  }

  @Test
  void anEventThatCameLaterThanTheFirstOfItsKeyIsFound() {
    history.add(
        new Read("newest", Tables.KEYED, 0, 1, 2, 10, List.of(new Seen(0, 3, 3, 0, 2, 3, 1))));

    assertThat(rulesBroken()).containsExactly("KEY_ORDER");
  }

  @Test
  void timesThatDoNotIncreaseAreFound() {
    history.add(new SnapshotSeen(10, "2026-07-01T00:00:01Z"));
    history.add(new SnapshotSeen(11, "2026-07-01T00:00:01Z"));

    assertThat(rulesBroken()).containsExactly("SNAPSHOT_TIME");
  }

  private void read(String why, long snapshot, long began, Seen seen) {
    history.add(new Read(why, Tables.ORDERED, 0, began, began + 1, snapshot, List.of(seen)));
  }

  private static Seen rows(long count) {
    return new Seen(0, count, count, 0, count - 1, count * (count - 1) / 2, 0);
  }

  private List<String> rulesBroken() {
    new HistoryChecks(history).run();
    return history.violations().stream().map(Violation::rule).toList();
  }
}
