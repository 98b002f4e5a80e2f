package io.duckmesh.activities.materialize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.duckmesh.bus.BatchLimits;
import io.duckmesh.bus.BusUnavailableException;
import io.duckmesh.bus.EventBus;
import io.duckmesh.bus.Position;
import io.duckmesh.bus.QuarantinedSegment;
import io.duckmesh.bus.Segment;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.CatalogUnavailableException;
import io.duckmesh.catalog.ColumnStatistics;
import io.duckmesh.catalog.CommitStateUnknownException;
import io.duckmesh.catalog.LandedSegment;
import io.duckmesh.catalog.TableCounts;
import io.duckmesh.catalog.TableInfo;
import io.duckmesh.engine.objects.ObjectStore;
import io.duckmesh.engine.objects.ObjectStoreUnavailableException;
import io.duckmesh.workflows.ActivityProfiles;
import io.duckmesh.workflows.FailureTypes;
import io.duckmesh.workflows.materialize.ClaimedBatch;
import io.duckmesh.workflows.materialize.CommitInput;
import io.duckmesh.workflows.materialize.CommitResult;
import io.duckmesh.workflows.materialize.MaterializeActivities;
import io.duckmesh.workflows.materialize.ShardInput;
import io.duckmesh.workflows.materialize.WriteResult;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.temporal.activity.ActivityOptions;
import io.temporal.common.RetryOptions;
import io.temporal.failure.ActivityFailure;
import io.temporal.failure.ApplicationFailure;
import io.temporal.testing.TestActivityEnvironment;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The steps by themselves, on a real log, catalog and object store. */
class MaterializeStepsTest {
  private static final MaterializeSettings SETTINGS =
      MaterializeSettings.DEFAULTS.withLimits(
          BatchLimits.DEFAULTS.withLinger(Duration.ZERO).withMaxWait(Duration.ofMillis(200)));

  private final Faults faults = new Faults();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private Lake lake;
  private MaterializeActivitiesImpl implementation;
  private TestActivityEnvironment environment;
  private MaterializeActivities steps;

  @BeforeEach
  void open() throws IOException {
    lake = Lake.shared();
    useSettings(SETTINGS);
  }

  private void useSettings(MaterializeSettings settings) {
    if (implementation != null) {
      implementation.close();
      environment.close();
    }
    implementation =
        new MaterializeActivitiesImpl(
            faults.around(Catalog.class, lake.catalog),
            faults.around(EventBus.class, lake.bus),
            faults.around(ObjectStore.class, lake.store),
            settings,
            lake.clock,
            registry,
            lake.allocator,
            UUID::randomUUID,
            LandingListener.NONE);
    environment = TestActivityEnvironment.newInstance();
    environment.registerActivitiesImplementations(implementation);
    steps =
        environment.newActivityStub(
            MaterializeActivities.class,
            ActivityOptions.newBuilder(ActivityProfiles.writing("Step"))
                .setRetryOptions(RetryOptions.newBuilder().setMaximumAttempts(1).build())
                .build());
  }

  @AfterEach
  void close() throws IOException {
    environment.close();
    implementation.close();
    // Also fails when a step has not closed its buffers.
    lake.close();
  }

  @Test
  void eventsOfTwoTablesBecomeVisibleInOneSnapshot() throws Exception {
    TableInfo flights = lake.createTable("flights");
    TableInfo airlines = lake.createTable("airlines");
    lake.publish(lake.segment(flights, 1, 2), lake.segment(airlines, 7), lake.segment(flights, 3));

    CommitResult commit = land();

    assertThat(commit.snapshotId())
        .isEqualTo(lake.catalog.snapshots().newest(lake.tenant).id().value());
    assertThat(lake.visibleIds(flights)).containsExactly(1L, 2L, 3L);
    assertThat(lake.visibleIds(airlines)).containsExactly(7L);
    assertThat(lake.watermark()).isEqualTo(3);
    assertThat(lake.bus.status(lake.shard).acked()).isEqualTo(new Position(3));
  }

  @Test
  void resultsTellCountsAndTables() {
    TableInfo flights = lake.createTable("flights");
    lake.publish(lake.segment(flights, null, List.of("a", "a"), 1, 2));

    WriteResult written = steps.write(claim());

    assertThat(written.outcome()).isEqualTo(WriteResult.PREPARED);
    assertThat(written.files()).isEqualTo(1);
    assertThat(written.visible()).isEqualTo(1);
    assertThat(written.duplicates()).isEqualTo(1);
    assertThat(written.tables()).containsExactly("flights");
  }

  @Test
  void eventKeyLandsOnceInASegmentInABatchAndInTheNext() throws Exception {
    TableInfo flights = lake.createTable("flights");
    lake.publish(
        lake.segment(flights, null, List.of("a", "b", "a"), 1, 2, 3),
        lake.segment(flights, null, List.of("b", "c"), 4, 5));
    land();
    lake.publish(lake.segment(flights, null, List.of("c", "d"), 6, 7));

    land();

    assertThat(lake.visibleIds(flights)).containsExactly(1L, 2L, 5L, 7L);
    assertThat(lake.counts(flights)).isEqualTo(new TableCounts(flights.id(), 4, 3, 0));
  }

  @Test
  void eventKeyOfOneTableIsNoneOfAnother() throws Exception {
    TableInfo flights = lake.createTable("flights");
    TableInfo airlines = lake.createTable("airlines");
    lake.publish(
        lake.segment(flights, null, List.of("a"), 1),
        lake.segment(airlines, null, List.of("a"), 2));

    land();

    assertThat(lake.visibleIds(flights)).containsExactly(1L);
    assertThat(lake.visibleIds(airlines)).containsExactly(2L);
  }

  @Test
  void repeatedRequestIsWhollyDuplicateInTheSameBatchAndInTheNext() throws Exception {
    TableInfo flights = lake.createTable("flights");
    Segment request = lake.segment(flights, "request-1", null, 1, 2);
    lake.publish(request, request);
    land();
    lake.publish(request, lake.segment(flights, "request-2", null, 3));

    CommitResult commit = land();

    assertThat(commit.visible()).isEqualTo(1);
    assertThat(commit.duplicates()).isEqualTo(2);
    assertThat(lake.visibleIds(flights)).containsExactly(1L, 2L, 3L);
  }

  @Test
  void batchOfDuplicatesMovesTheWatermarkWithoutAFile() {
    TableInfo flights = lake.createTable("flights");
    Segment request = lake.segment(flights, "request-1", null, 1, 2);
    lake.publish(request);
    land();
    lake.publish(request);

    ClaimedBatch batch = claim();
    WriteResult written = steps.write(batch);
    steps.commit(commitOf(batch, written));

    assertThat(written.files()).isZero();
    assertThat(lake.watermark()).isEqualTo(2);
    LandedSegment landed = landed(2);
    assertThat(landed.duplicates()).isEqualTo(2);
  }

  @Test
  void corruptSegmentGoesToQuarantineAndTheOthersLand() throws Exception {
    TableInfo flights = lake.createTable("flights");
    Segment broken = broken(lake.segment(flights, 2, 3));
    Segment noise = new Segment(lake.shard, 5, new byte[] {1, 2, 3});
    lake.publish(lake.segment(flights, 1), broken, noise, lake.segment(flights, 4));

    CommitResult commit = land();

    assertThat(commit.visible()).isEqualTo(2);
    assertThat(commit.quarantined()).isEqualTo(7);
    assertThat(lake.visibleIds(flights)).containsExactly(1L, 4L);
    assertThat(quarantined())
        .extracting(segment -> segment.segment().position().value())
        .containsExactly(2L, 3L);
    assertThat(landed(2).reason()).startsWith("Segment is corrupt");
    assertThat(landed(3).quarantined()).isEqualTo(5);
  }

  @Test
  void textsWithZeroCharactersLand() throws Exception {
    TableInfo flights = lake.createTable("flights");
    lake.publish(lake.named(flights, 1, "\0"), lake.named(flights, 2, "a\0b"));
    lake.publish(lake.named(flights, 3, "b".repeat(63) + "\0"));

    land();

    assertThat(lake.visibleIds(flights)).containsExactly(1L, 2L, 3L);
    assertThat(lake.files(flights))
        .allSatisfy(
            file -> {
              ColumnStatistics name = file.statistics().getLast();
              assertThat(name.min()).isEmpty();
              assertThat(name.max()).isEqualTo("b".repeat(62) + "c");
            });
  }

  @Test
  void segmentsThatUnpackToMuchMoreAreReadAFewAtATime() {
    useSettings(SETTINGS.withBufferBytes(1));
    TableInfo flights = lake.createTable("flights");
    int segments = 20;
    int nameBytes = 20 << 20;
    for (int id = 0; id < segments; id++) {
      lake.publish(lake.named(flights, id, "x".repeat(nameBytes)));
    }

    CommitResult commit = land();

    assertThat(commit.visible()).isEqualTo(segments);
    assertThat(lake.allocator.getPeakMemoryAllocation())
        .isLessThan((long) segments * nameBytes / 2);
  }

  @Test
  void aSegmentThatIsGoneFromTheLogIsRefusedAndNotCountedAsLanded() throws Exception {
    TableInfo flights = lake.createTable("flights");
    lake.publish(lake.segment(flights, 1), lake.segment(flights, 2), lake.segment(flights, 3));
    ClaimedBatch batch = claim();
    lake.remove(2);

    assertThatThrownBy(() -> steps.write(batch))
        .hasStackTraceContaining("lacks 1 of the segments at positions 1 to 3")
        .satisfies(failure -> assertFailure(failure, FailureTypes.SEGMENTS_MISSING, true));

    assertThat(lake.watermark()).isZero();
    assertThat(lake.files(flights)).isEmpty();
  }

  @Test
  void segmentWithAnotherNumberOfRowsThanTheLogSaysGoesToQuarantine() {
    TableInfo flights = lake.createTable("flights");
    lake.publish(new Segment(lake.shard, 3, lake.segment(flights, 1, 2).payload()));

    CommitResult commit = land();

    assertThat(commit.quarantined()).isEqualTo(3);
    assertThat(landed(1).reason()).isEqualTo("Segment has 2 rows, the log says 3");
  }

  @Test
  void eventsOfADroppedTableGoToQuarantine() throws Exception {
    TableInfo flights = lake.createTable("flights");
    TableInfo airlines = lake.createTable("airlines");
    lake.publish(lake.segment(flights, 1), lake.segment(airlines, 2));
    lake.catalog.tables().drop(lake.tenant, "flights");

    CommitResult commit = land();

    assertThat(commit.quarantined()).isEqualTo(1);
    assertThat(landed(1).reason()).contains("Table flights").endsWith("was dropped");
    assertThat(lake.visibleIds(airlines)).containsExactly(2L);
    assertThat(lake.counts(flights).quarantined()).isEqualTo(1);
  }

  @Test
  void eventsOfAnUnknownTableOrSchemaVersionGoToQuarantine() {
    TableInfo flights = lake.createTable("flights");
    UUID unknown = UUID.randomUUID();
    lake.publish(
        new Segment(lake.shard, 1, lake.payload(unknown, 1, null, null, 1)),
        new Segment(lake.shard, 1, lake.payload(flights.id().value(), 9, null, null, 1)));

    CommitResult commit = land();

    assertThat(commit.quarantined()).isEqualTo(2);
    assertThat(landed(1).reason()).isEqualTo("There is no table " + unknown);
    assertThat(landed(2).reason()).isEqualTo("Table flights has no schema version 9");
  }

  @Test
  void quarantineOfAnAttemptThatDiedIsCountedByTheNext() {
    TableInfo flights = lake.createTable("flights");
    lake.publish(
        lake.segment(flights, 1),
        new Segment(lake.shard, 2, lake.payload(flights.id().value(), 9, null, null, 2, 3)));
    ClaimedBatch batch = claim();
    faults.on(
        "prepare",
        () -> {
          throw new CatalogUnavailableException("Catalog is down", new IOException("down"));
        });
    assertThatThrownBy(() -> steps.write(batch)).isInstanceOf(ActivityFailure.class);
    assertThat(quarantined()).hasSize(1);
    faults.clear("prepare");

    WriteResult written = steps.write(batch);
    steps.commit(commitOf(batch, written));

    assertThat(lake.counts(flights)).isEqualTo(new TableCounts(flights.id(), 1, 0, 2));
  }

  @Test
  void storeThatIsDownFailsTheStepAndQuarantinesNothing() {
    TableInfo flights = lake.createTable("flights");
    lake.publish(lake.segment(flights, 1));
    ClaimedBatch batch = claim();
    faults.on(
        "create",
        () -> {
          throw new ObjectStoreUnavailableException("Store is down", new IOException("down"));
        });

    assertThatThrownBy(() -> steps.write(batch))
        .satisfies(failure -> assertFailure(failure, FailureTypes.UNAVAILABLE, false));

    assertThat(quarantined()).isEmpty();
    faults.clear("create");
    assertThat(steps.write(batch).visible()).isEqualTo(1);
  }

  @Test
  void batchThatHasLandedMeanwhileIsLost() {
    TableInfo flights = lake.createTable("flights");
    lake.publish(lake.segment(flights, 1));
    ClaimedBatch batch = claim();
    WriteResult first = steps.write(batch);
    steps.commit(commitOf(batch, first));

    WriteResult second = steps.write(batch);

    assertThat(second.outcome()).isEqualTo(WriteResult.LOST);
    assertThat(second.reason()).contains("watermark is 1");
  }

  @Test
  void ofTwoWritesOfABatchOneCommits() throws Exception {
    TableInfo flights = lake.createTable("flights");
    lake.publish(lake.segment(flights, null, List.of("a"), 1));
    ClaimedBatch batch = claim();
    WriteResult zombie = steps.write(batch);
    WriteResult successor = steps.write(batch);

    CommitResult first = steps.commit(commitOf(batch, successor));
    CommitResult second = steps.commit(commitOf(batch, zombie));

    assertThat(first.outcome()).isEqualTo(CommitResult.COMMITTED);
    assertThat(second.outcome()).isEqualTo(CommitResult.CONFLICT);
    assertThat(lake.visibleIds(flights)).containsExactly(1L);
    assertThat(lake.counts(flights)).isEqualTo(new TableCounts(flights.id(), 1, 0, 0));
  }

  @Test
  void commitAgainGivesTheSameSnapshot() {
    TableInfo flights = lake.createTable("flights");
    lake.publish(lake.segment(flights, 1));
    ClaimedBatch batch = claim();
    CommitInput commit = commitOf(batch, steps.write(batch));

    CommitResult first = steps.commit(commit);
    CommitResult second = steps.commit(commit);

    assertThat(second.snapshotId()).isEqualTo(first.snapshotId());
    assertThat(lake.counts(flights).visible()).isEqualTo(1);
  }

  @Test
  void commitOfUnknownStateIsTriedAgain() {
    TableInfo flights = lake.createTable("flights");
    lake.publish(lake.segment(flights, 1));
    ClaimedBatch batch = claim();
    CommitInput commit = commitOf(batch, steps.write(batch));
    faults.on(
        "commit",
        () -> {
          throw new CommitStateUnknownException("Connection lost", new IOException("lost"));
        });

    assertThatThrownBy(() -> steps.commit(commit))
        .satisfies(failure -> assertFailure(failure, FailureTypes.COMMIT_STATE_UNKNOWN, false));
  }

  @Test
  void tableDroppedBetweenWriteAndCommitIsAConflictAndThenQuarantine() {
    TableInfo flights = lake.createTable("flights");
    lake.publish(lake.segment(flights, 1));
    ClaimedBatch batch = claim();
    WriteResult written = steps.write(batch);
    lake.catalog.tables().drop(lake.tenant, "flights");

    CommitResult conflict = steps.commit(commitOf(batch, written));
    CommitResult commit = land();

    assertThat(conflict.outcome()).isEqualTo(CommitResult.CONFLICT);
    assertThat(commit.quarantined()).isEqualTo(1);
  }

  @Test
  void lostAcknowledgementIsMadeUpByTheNextClaim() {
    TableInfo flights = lake.createTable("flights");
    lake.publish(lake.segment(flights, 1));
    faults.on(
        "ack",
        () -> {
          throw new BusUnavailableException("Log is down", false, new IOException("down"));
        });
    assertThat(land().outcome()).isEqualTo(CommitResult.COMMITTED);
    assertThat(lake.bus.status(lake.shard).acked()).isEqualTo(Position.START);
    faults.clear("ack");

    assertThat(steps.claim(new ShardInput(lake.shard.value())).batch()).isNull();

    assertThat(lake.bus.status(lake.shard).acked()).isEqualTo(new Position(1));
    lake.publish(lake.segment(flights, 2));
    assertThat(claim().after()).isEqualTo(1);
  }

  @Test
  void logThatIsAheadOfTheCatalogIsRefusedForGood() {
    TableInfo flights = lake.createTable("flights");
    lake.publish(lake.segment(flights, 1), lake.segment(flights, 2));
    lake.bus.ack(lake.shard, new Position(2));

    assertThatThrownBy(() -> steps.claim(new ShardInput(lake.shard.value())))
        .hasStackTraceContaining("acknowledged up to position 2")
        .hasStackTraceContaining("landed only up to 0")
        .satisfies(failure -> assertFailure(failure, FailureTypes.LOG_AHEAD_OF_CATALOG, true));
  }

  @Test
  void quarantineWithoutALeaseIsRefusedAndTheBatchLost() {
    TableInfo flights = lake.createTable("flights");
    lake.publish(lake.segment(flights, 1), broken(lake.segment(flights, 2)));
    ClaimedBatch batch = claim();
    lake.bus.release(new io.duckmesh.bus.BatchId(lake.shard, batch.claim()));

    WriteResult written = steps.write(batch);

    assertThat(written.outcome()).isEqualTo(WriteResult.LOST);
    assertThat(quarantined()).isEmpty();
    assertThat(land().visible()).isEqualTo(1);
  }

  @Test
  void filesAreSplitByRows() throws Exception {
    useSettings(SETTINGS.withFileRows(2));
    TableInfo flights = lake.createTable("flights");
    lake.publish(
        IntStream.range(0, 5).mapToObj(i -> lake.segment(flights, i)).toArray(Segment[]::new));

    land();

    assertThat(lake.files(flights))
        .extracting(file -> file.rowCount())
        .containsExactlyInAnyOrder(2L, 2L, 1L);
    assertThat(lake.visibleIds(flights)).containsExactly(0L, 1L, 2L, 3L, 4L);
  }

  @Test
  void rowsAreCountedInMetricsByShard() {
    TableInfo flights = lake.createTable("flights");
    lake.publish(
        lake.segment(flights, null, List.of("a", "a", "b"), 1, 2, 3),
        broken(lake.segment(flights, 4)));

    land();

    assertThat(counter("duckmesh.batches")).isEqualTo(1);
    assertThat(counter("duckmesh.landed.rows")).isEqualTo(2);
    assertThat(counter("duckmesh.duplicate.rows")).isEqualTo(1);
    assertThat(counter("duckmesh.quarantined.rows")).isEqualTo(1);
    assertThat(registry.get("duckmesh.commit").timer().count()).isEqualTo(1);
  }

  @Test
  void workerThatStopsTakesNoNewBatchButLandsTheOneAtHand() throws Exception {
    TableInfo flights = lake.createTable("flights");
    lake.publish(lake.segment(flights, 1));
    ClaimedBatch batch = claim();

    implementation.stopClaiming();

    assertThatThrownBy(() -> steps.claim(new ShardInput(lake.shard.value())))
        .satisfies(failure -> assertFailure(failure, FailureTypes.WORKER_DRAINING, false));
    WriteResult written = steps.write(batch);
    assertThat(steps.commit(commitOf(batch, written)).outcome()).isEqualTo(CommitResult.COMMITTED);
    assertThat(implementation.awaitQuiet(Duration.ofSeconds(5))).isTrue();
  }

  private ClaimedBatch claim() {
    ClaimedBatch batch = steps.claim(new ShardInput(lake.shard.value())).batch();
    assertThat(batch).isNotNull();
    return batch;
  }

  private static CommitInput commitOf(ClaimedBatch batch, WriteResult written) {
    return new CommitInput(batch, written.writeId(), written.quarantined());
  }

  private CommitResult land() {
    ClaimedBatch batch = claim();
    WriteResult written = steps.write(batch);
    assertThat(written.outcome()).isEqualTo(WriteResult.PREPARED);
    return steps.commit(commitOf(batch, written));
  }

  private LandedSegment landed(long position) {
    Optional<LandedSegment> landed =
        lake.catalog
            .watermarks()
            .findLanded(new io.duckmesh.catalog.ShardId(lake.shard.value()), position);
    return landed.orElseThrow();
  }

  private List<QuarantinedSegment> quarantined() {
    try (Stream<QuarantinedSegment> segments = lake.bus.quarantined(lake.shard)) {
      return segments.toList();
    }
  }

  private double counter(String name) {
    return registry.get(name).tag("shard", lake.shard.value()).counter().count();
  }

  private static Segment broken(Segment segment) {
    byte[] payload = Arrays.copyOf(segment.payload(), segment.payload().length);
    payload[payload.length - 9] ^= 1;
    return new Segment(segment.shard(), segment.rowCount(), payload);
  }

  private static void assertFailure(Throwable failure, String type, boolean nonRetryable) {
    assertThat(failure.getCause()).isInstanceOf(ApplicationFailure.class);
    ApplicationFailure cause = (ApplicationFailure) failure.getCause();
    assertThat(cause.getType()).isEqualTo(type);
    assertThat(cause.isNonRetryable()).isEqualTo(nonRetryable);
  }
}
