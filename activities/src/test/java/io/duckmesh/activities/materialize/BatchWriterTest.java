package io.duckmesh.activities.materialize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.duckmesh.activities.Progress;
import io.duckmesh.activities.StopSignal;
import io.duckmesh.activities.TableSchemas;
import io.duckmesh.bus.QuarantinedSegment;
import io.duckmesh.catalog.TableInfo;
import io.duckmesh.engine.objects.ObjectStoreUnavailableException;
import io.duckmesh.engine.parquet.DataFileWriter;
import io.duckmesh.engine.parquet.RowSelection;
import io.duckmesh.engine.parquet.WrittenFile;
import io.duckmesh.workflows.materialize.ClaimedBatch;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.apache.arrow.vector.BigIntVector;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Poison: rows that no file can be made of. */
class BatchWriterTest {
  private static final long POISON = 666;

  private Lake lake;
  private DataFiles dataFiles;

  @BeforeEach
  void open() throws IOException {
    lake = Lake.shared();
  }

  @AfterEach
  void close() throws IOException {
    dataFiles.close();
    lake.close();
  }

  @Test
  void poisonedSegmentIsFoundByHalvingAndTheOthersLand() throws Exception {
    TableInfo flights = lake.createTable("flights");
    BatchWriter writer = writer(BatchWriterTest::failOnPoison);
    for (long id : new long[] {1, 2, POISON, 4, 5, 6, 7}) {
      lake.publish(lake.segment(flights, id));
    }

    BatchWriter.Written written = write(writer, lake.claim(), 3);

    lake.catalog.writes().commit(written.write());
    assertThat(written.quarantined()).isEqualTo(1);
    assertThat(lake.visibleIds(flights)).containsExactly(1L, 2L, 4L, 5L, 6L, 7L);
    assertThat(quarantined())
        .singleElement()
        .satisfies(
            segment -> {
              assertThat(segment.segment().position().value()).isEqualTo(3);
              assertThat(segment.reason())
                  .contains("cannot be written as a data file of table flights")
                  .contains("no file for 666");
            });
  }

  @Test
  void eventBehindAPoisonedOneOfTheSameKeyLands() throws Exception {
    TableInfo flights = lake.createTable("flights");
    BatchWriter writer = writer(BatchWriterTest::failOnPoison);
    lake.publish(
        lake.segment(flights, null, List.of("a"), POISON),
        lake.segment(flights, null, List.of("a"), 2));

    BatchWriter.Written written = write(writer, lake.claim(), 3);

    lake.catalog.writes().commit(written.write());
    assertThat(written.duplicates()).isZero();
    assertThat(lake.visibleIds(flights)).containsExactly(2L);
  }

  @Test
  void firstFailureIsNotBlamedOnASegment() {
    TableInfo flights = lake.createTable("flights");
    BatchWriter writer = writer(BatchWriterTest::failOnPoison);
    lake.publish(lake.segment(flights, POISON));
    ClaimedBatch batch = lake.claim();

    assertThatThrownBy(() -> write(writer, batch, 1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("no file for 666");

    assertThat(quarantined()).isEmpty();
  }

  @Test
  void failureOfTheStoreIsNeverBlamedOnASegment() {
    TableInfo flights = lake.createTable("flights");
    BatchWriter writer =
        writer(
            (schema, rows, out) -> {
              throw new IOException("disk full");
            });
    lake.publish(lake.segment(flights, 1), lake.segment(flights, 2));
    ClaimedBatch batch = lake.claim();

    assertThatThrownBy(() -> write(writer, batch, 30))
        .isInstanceOf(ObjectStoreUnavailableException.class);

    assertThat(quarantined()).isEmpty();
  }

  @Test
  void rowsThatFailOnlyTogetherBecomeSeveralFiles() throws Exception {
    TableInfo flights = lake.createTable("flights");
    BatchWriter writer =
        writer(
            (schema, rows, out) -> {
              if (rows.size() > 2) {
                throw new IllegalStateException("too many");
              }
              return DataFileWriter.write(schema, rows, out);
            });
    lake.publish(
        lake.segment(flights, 1),
        lake.segment(flights, 2),
        lake.segment(flights, 3),
        lake.segment(flights, 4));

    BatchWriter.Written written = write(writer, lake.claim(), 3);

    lake.catalog.writes().commit(written.write());
    assertThat(written.files()).isEqualTo(2);
    assertThat(quarantined()).isEmpty();
    assertThat(lake.visibleIds(flights)).containsExactly(1L, 2L, 3L, 4L);
  }

  private static WrittenFile failOnPoison(
      io.duckmesh.engine.schema.RowSchema schema, List<RowSelection> rows, OutputStream out)
      throws IOException {
    for (RowSelection selection : rows) {
      BigIntVector ids = (BigIntVector) selection.rows().columns().getVector("id");
      for (int row = 0; row < ids.getValueCount(); row++) {
        if (ids.get(row) == POISON) {
          throw new IllegalStateException("no file for " + POISON);
        }
      }
    }
    return DataFileWriter.write(schema, rows, out);
  }

  private BatchWriter writer(DataFiles.Format format) {
    dataFiles = new DataFiles(lake.catalog, lake.store, UUID::randomUUID, format, 2);
    return new BatchWriter(
        lake.catalog,
        lake.bus,
        new TableSchemas(lake.catalog),
        dataFiles,
        MaterializeSettings.DEFAULTS,
        lake.allocator);
  }

  private static BatchWriter.Written write(BatchWriter writer, ClaimedBatch batch, int attempt) {
    return writer.write(batch, attempt, "test", new StopSignal(), new Progress("writing"));
  }

  private List<QuarantinedSegment> quarantined() {
    try (Stream<QuarantinedSegment> segments = lake.bus.quarantined(lake.shard)) {
      return segments.toList();
    }
  }
}
