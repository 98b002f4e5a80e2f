package io.duckmesh.activities.materialize;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.bus.QuarantineEntry;
import io.duckmesh.bus.QuarantineFilter;
import io.duckmesh.bus.QuarantineState;
import io.duckmesh.bus.Segment;
import io.duckmesh.catalog.LandedSegment;
import io.duckmesh.catalog.TableCounts;
import io.duckmesh.catalog.TableInfo;
import io.duckmesh.engine.parquet.DataFileWriter;
import io.duckmesh.engine.parquet.RowSelection;
import io.duckmesh.engine.parquet.WrittenFile;
import io.duckmesh.engine.schema.RowSchema;
import io.duckmesh.testing.TemporalServer;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.arrow.vector.BigIntVector;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What can not land does not stop its shard, is in quarantine with a reason, and appears once when
 * it is replayed after the fix: with a real Temporal, PostgreSQL, log, catalog and object store.
 */
class QuarantineIT {
  private static final long POISON = 666;

  private final AtomicBoolean poisonous = new AtomicBoolean(true);
  private Lake lake;
  private Materializer materializer;
  private TableInfo flights;

  @BeforeEach
  void open() throws IOException {
    lake = Lake.alone();
    flights = lake.createTable("flights");
    materializer = new Materializer(lake, TemporalServer.shared(), this::write);
  }

  @AfterEach
  void close() throws IOException {
    materializer.terminateWorkflow();
    materializer.close();
    lake.close();
  }

  private WrittenFile write(RowSchema schema, List<RowSelection> rows, OutputStream out)
      throws IOException {
    for (RowSelection selection : rows) {
      BigIntVector ids = (BigIntVector) selection.rows().columns().getVector("id");
      for (int row = 0; row < ids.getValueCount(); row++) {
        if (poisonous.get() && ids.get(row) == POISON) {
          throw new IllegalStateException("Value 666 is cursed");
        }
      }
    }
    return DataFileWriter.write(schema, rows, out);
  }

  @Test
  void damagedSegmentDoesNotStopItsShardAndIsReplayedOnce() throws Exception {
    Segment bad = lake.segment(flights, "request", null, 2, 3);
    lake.publish(lake.segment(flights, 1), bad);
    lake.damage(2);
    materializer.startWorkflow();

    lake.awaitLanded(lake.publish(lake.segment(flights, 4)));

    assertThat(lake.visibleIds(flights)).containsExactly(1L, 4L);
    assertThat(landed(2).quarantined()).isEqualTo(2);
    assertThat(landed(2).reason()).startsWith("Segment is corrupt: Segment of");
    replayTwice(bad, flights);
    assertThat(lake.visibleIds(flights)).containsExactly(1L, 2L, 3L, 4L);
    // A client that was unsure sends its request again.
    lake.awaitLanded(lake.publish(bad));
    assertThat(lake.visibleIds(flights)).containsExactly(1L, 2L, 3L, 4L);
    assertThat(lake.counts(flights)).isEqualTo(new TableCounts(flights.id(), 8, 4, 2, 2));
    assertThat(lake.bus.status(lake.shard).appendedRows()).isEqualTo(4 + 2 + 2);
  }

  @Test
  void eventsOfADroppedTableDoNotStopTheirShardAndAreReplayedIntoTheNewOne() throws Exception {
    TableInfo doomed = lake.createTable("doomed");
    lake.publish(lake.segment(doomed, 1, 2));
    lake.catalog.tables().drop(lake.tenant, "doomed");
    materializer.startWorkflow();

    lake.awaitLanded(lake.publish(lake.segment(flights, 3)));

    assertThat(lake.visibleIds(flights)).containsExactly(3L);
    assertThat(landed(1).reason())
        .isEqualTo("Table doomed (%s) was dropped".formatted(doomed.id()));
    TableInfo anew = lake.createTable("doomed");
    replayTwice(lake.segment(anew, 1, 2), anew);
    assertThat(lake.visibleIds(anew)).containsExactly(1L, 2L);
    assertThat(lake.counts(doomed)).isEqualTo(new TableCounts(doomed.id(), 2, 0, 0, 2));
    assertThat(lake.counts(anew)).isEqualTo(new TableCounts(anew.id(), 2, 2, 0, 0));
  }

  @Test
  void poisonousRowDoesNotStopItsShardAndIsReplayedOnceTheWriterIsMended() throws Exception {
    Segment bad = lake.segment(flights, null, List.of("a", "b"), 5, POISON);
    lake.publish(lake.segment(flights, 1), lake.segment(flights, 2), bad);
    materializer.startWorkflow();

    lake.awaitLanded(lake.publish(lake.segment(flights, 3)));

    assertThat(lake.visibleIds(flights)).containsExactly(1L, 2L, 3L);
    assertThat(landed(3).reason())
        .startsWith("Rows cannot be written as a data file of table flights")
        .contains("Value 666 is cursed");
    poisonous.set(false);
    replayTwice(bad, flights);
    assertThat(lake.visibleIds(flights)).containsExactly(1L, 2L, 3L, 5L, POISON);
    // The event keys were free for the replay, and are known now.
    lake.awaitLanded(lake.publish(bad));
    assertThat(lake.visibleIds(flights)).containsExactly(1L, 2L, 3L, 5L, POISON);
  }

  @Test
  void replayOfWhatIsStillPoisonousIsBackInQuarantine() throws Exception {
    Segment bad = lake.segment(flights, POISON);
    materializer.startWorkflow();
    lake.awaitLanded(lake.publish(bad));

    replayTwice(bad, flights);

    assertThat(entries())
        .extracting(QuarantineEntry::state)
        .containsExactly(QuarantineState.QUARANTINED, QuarantineState.REPLAYED);
    assertThat(lake.counts(flights)).isEqualTo(new TableCounts(flights.id(), 2, 0, 0, 2));
    assertThat(lake.bus.status(lake.shard).appendedRows()).isEqualTo(2);
  }

  private void replayTwice(Segment segment, TableInfo table) throws InterruptedException {
    Await.until("entry is seen", () -> !entries().isEmpty());
    QuarantineEntry entry = entries().getFirst();
    assertThat(entry.state()).isEqualTo(QuarantineState.QUARANTINED);
    QuarantineEntry first = replay(entry, segment, table);
    QuarantineEntry second = replay(entry, segment, table);
    assertThat(second).isEqualTo(first);
    long position = first.replay().parts().getFirst().position().value();
    assertThat(lake.bus.head(lake.shard).value()).isEqualTo(position);
    lake.awaitLanded(position);
    Await.until(
        "replay is acknowledged", () -> lake.bus.status(lake.shard).acked().value() >= position);
  }

  private QuarantineEntry replay(QuarantineEntry entry, Segment segment, TableInfo table) {
    return lake.bus
        .quarantine()
        .replay(lake.tenant.value(), entry.id(), table.id().value(), List.of(segment));
  }

  private List<QuarantineEntry> entries() {
    return lake.bus.quarantine().list(lake.tenant.value(), QuarantineFilter.NEWEST);
  }

  private LandedSegment landed(long position) {
    return lake.catalog
        .watermarks()
        .findLanded(new io.duckmesh.catalog.ShardId(lake.shard.value()), position)
        .orElseThrow();
  }
}
