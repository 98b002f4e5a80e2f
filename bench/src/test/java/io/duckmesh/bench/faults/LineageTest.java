package io.duckmesh.bench.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.bench.faults.History.Seen;
import io.duckmesh.bench.faults.Lineage.Landed;
import java.util.List;
import org.junit.jupiter.api.Test;

class LineageTest {
  private final Lineage lineage =
      new Lineage(
          List.of(
              new Landed(0, 0, 3, 10),
              new Landed(0, 3, 2, 20),
              new Landed(1, 0, 1, 30),
              new Landed(0, 5, 1, 50)));

  @Test
  void aSnapshotHasWhatLandedUpToIt() {
    assertThat(lineage.at(9)).isEmpty();
    assertThat(lineage.at(10)).containsExactly(new Seen(0, 3, 3, 0, 2, 3, 0));
    assertThat(lineage.at(30))
        .containsExactly(new Seen(0, 5, 5, 0, 4, 10, 0), new Seen(1, 1, 1, 0, 0, 0, 0));
  }

  @Test
  void aRestoredTableHasTheEarlierRowsAndWhatLandsLater() {
    lineage.restored(40, 15);

    assertThat(lineage.at(39)).isEqualTo(lineage.at(30));
    assertThat(lineage.at(40)).isEqualTo(lineage.at(15));
    assertThat(lineage.at(50)).containsExactly(new Seen(0, 4, 4, 0, 5, 8, 0));
  }

  @Test
  void aRestoreToASnapshotAfterARestoreHasWhatThatHad() {
    lineage.restored(40, 15);
    lineage.restored(60, 30);
    lineage.restored(70, 50);

    assertThat(lineage.at(60)).isEqualTo(lineage.at(30));
    assertThat(lineage.at(70)).isEqualTo(lineage.at(50));
  }
}
