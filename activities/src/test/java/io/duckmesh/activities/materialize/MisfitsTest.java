package io.duckmesh.activities.materialize;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.activities.Progress;
import io.duckmesh.activities.StopSignal;
import io.duckmesh.activities.TableSchemas;
import io.duckmesh.bus.Position;
import io.duckmesh.bus.QuarantineEntry;
import io.duckmesh.bus.QuarantineFilter;
import io.duckmesh.bus.Segment;
import io.duckmesh.catalog.LandedSegment;
import io.duckmesh.catalog.TableCounts;
import io.duckmesh.catalog.TableInfo;
import io.duckmesh.engine.parquet.DataFileWriter;
import io.duckmesh.workflows.materialize.ClaimedBatch;
import java.io.IOException;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Rows that a gateway took although they do not fit their table. */
class MisfitsTest {
  private Lake lake;
  private DataFiles dataFiles;
  private BatchWriter writer;
  private TableInfo flights;

  @BeforeEach
  void open() throws IOException {
    lake = Lake.shared();
    dataFiles = new DataFiles(lake.catalog, lake.store, UUID::randomUUID, DataFileWriter::write, 2);
    writer =
        new BatchWriter(
            lake.catalog,
            lake.bus,
            new TableSchemas(lake.catalog),
            dataFiles,
            MaterializeSettings.DEFAULTS,
            lake.allocator);
    flights = lake.createTable("flights");
  }

  @AfterEach
  void close() throws IOException {
    dataFiles.close();
    lake.close();
  }

  @Test
  void misfitsGoToQuarantineWithTableAndReasonWhileTheOthersLand() throws Exception {
    lake.publish(lake.segment(flights, 1, 2), lake.misfits(flights, null, 5));

    land();

    assertThat(lake.visibleIds(flights)).containsExactly(1L, 2L);
    assertThat(lake.counts(flights)).isEqualTo(new TableCounts(flights.id(), 7, 2, 0, 5));
    QuarantineEntry entry = entries().getFirst();
    assertThat(entry.table()).isEqualTo(flights.id().value());
    assertThat(entry.rowCount()).isEqualTo(5);
    assertThat(entry.reason())
        .isEqualTo(
            "5 rows do not fit schema version 1 of table flights: "
                + "row 1, column id, value \"x\": BIGINT is a number; "
                + "row 2, column id, value \"x\": BIGINT is a number; "
                + "row 3, column id, value \"x\": BIGINT is a number; and 2 more");
    assertThat(landed(2).reason()).isEqualTo(entry.reason());
    assertThat(landed(2).quarantined()).isEqualTo(5);
  }

  @Test
  void aReasonThatQuotesAZeroCharacterStopsNothing() throws Exception {
    lake.publish(lake.misfits(flights, null, 1, "a\0b"), lake.segment(flights, 1));

    land();

    assertThat(lake.visibleIds(flights)).containsExactly(1L);
    assertThat(entries().getFirst().reason()).contains("value a\\u0000b");
    assertThat(landed(1).reason()).isEqualTo(entries().getFirst().reason());
  }

  @Test
  void eachOfManyMisfitsKeepsItsOwnReason() {
    Segment[] segments = new Segment[2_000];
    for (int i = 0; i < segments.length; i++) {
      segments[i] = lake.misfits(flights, null, 1, "value-" + i);
    }
    lake.publish(segments);

    land();

    for (int i : new int[] {0, 1, 999, segments.length - 1}) {
      assertThat(landed(i + 1L).reason()).contains("value value-" + i + ":");
      assertThat(landed(i + 1L).quarantined()).isOne();
    }
    assertThat(lake.counts(flights)).isEqualTo(new TableCounts(flights.id(), 2_000, 0, 0, 2_000));
  }

  @Test
  void misfitsOfARepeatedRequestAreDuplicatesInTheSameBatchAndInTheNext() {
    lake.publish(lake.misfits(flights, "r", 2), lake.misfits(flights, "r", 2));
    land();
    lake.publish(lake.misfits(flights, "r", 2));

    land();

    assertThat(entries()).hasSize(1);
    assertThat(lake.counts(flights)).isEqualTo(new TableCounts(flights.id(), 6, 0, 4, 2));
  }

  @Test
  void misfitsThatAnAttemptMovedBeforeItDiedKeepTheirRepeatOut() {
    lake.publish(lake.misfits(flights, "r", 2));
    // Moves to quarantine and prepares, and nobody ever commits.
    write(lake.claim());
    lake.publish(lake.misfits(flights, "r", 2));

    land();

    assertThat(entries()).hasSize(1);
    assertThat(lake.counts(flights)).isEqualTo(new TableCounts(flights.id(), 4, 0, 2, 2));
    lake.publish(lake.misfits(flights, "r", 2));
    land();
    assertThat(lake.counts(flights)).isEqualTo(new TableCounts(flights.id(), 6, 0, 4, 2));
  }

  @Test
  void requestKeyOfASegmentThatCouldNotLandStaysFreeForItsReplay() throws Exception {
    Segment good = lake.segment(flights, "r", null, 1, 2);
    byte[] bytes = good.payload().clone();
    bytes[bytes.length - 1] ^= 1;
    lake.publish(new Segment(lake.shard, 2, bytes));
    land();

    QuarantineEntry entry = entries().getFirst();
    lake.bus
        .quarantine()
        .replay(lake.tenant.value(), entry.id(), flights.id().value(), List.of(good));
    lake.publish(good);
    land();

    assertThat(entry.table()).isEqualTo(flights.id().value());
    assertThat(lake.visibleIds(flights)).containsExactly(1L, 2L);
    assertThat(lake.counts(flights)).isEqualTo(new TableCounts(flights.id(), 6, 2, 2, 2));
    assertThat(lake.bus.status(lake.shard).appendedRows()).isEqualTo(6);
  }

  private void land() {
    ClaimedBatch batch = lake.claim();
    lake.catalog.writes().commit(write(batch).write());
    lake.bus.ack(lake.shard, new Position(batch.upTo()));
  }

  private BatchWriter.Written write(ClaimedBatch batch) {
    return writer.write(batch, 1, "test", new StopSignal(), new Progress("writing"));
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
