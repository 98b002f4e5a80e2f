package io.duckmesh.activities.materialize;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.catalog.CommitStateUnknownException;
import io.duckmesh.catalog.TableCounts;
import io.duckmesh.catalog.TableInfo;
import io.duckmesh.testing.TemporalServer;
import io.duckmesh.workflows.SearchAttributes;
import io.duckmesh.workflows.materialize.MaterializeStatus;
import io.temporal.api.sdk.v1.WorkflowMetadata;
import io.temporal.client.WorkflowExecutionDescription;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Landing from end to end: a real Temporal, PostgreSQL, log, catalog and object store. */
class MaterializeIT {
  private Lake lake;
  private Materializer materializer;
  private TableInfo flights;

  @BeforeEach
  void open() throws IOException {
    lake = Lake.alone();
    flights = lake.createTable("flights");
    materializer = new Materializer(lake);
  }

  @AfterEach
  void close() throws IOException {
    try (Materializer cleaner = new Materializer(lake)) {
      cleaner.terminateWorkflow();
    }
    materializer.close();
    lake.close();
  }

  @Test
  void eventsOfAShardThatTheReconcilerFindsBecomeVisible() throws Exception {
    try (MaterializeReconciler reconciler = reconciler()) {
      reconciler.start();

      lake.awaitLanded(lake.publish(lake.segment(flights, 1, 2), lake.segment(flights, 3)));
    }

    assertThat(lake.visibleIds(flights)).containsExactly(1L, 2L, 3L);
  }

  @Test
  void runTellsPeopleWhatItDid() throws Exception {
    try (MaterializeReconciler reconciler = reconciler()) {
      reconciler.start();
      lake.awaitLanded(lake.publish(lake.segment(flights, 1, 2)));
    }

    Await.until("status", () -> Long.valueOf(1).equals(materializer.workflow().status().landed()));
    MaterializeStatus status = materializer.workflow().status();
    assertThat(status.totals().visible()).isEqualTo(2);
    assertThat(
            materializer
                .stub()
                .query("__temporal_workflow_metadata", WorkflowMetadata.class)
                .getCurrentDetails())
        .contains("| Positions | 1 to 1 (1 segment, 2 rows) |")
        .contains("| Tables | flights |");
    WorkflowExecutionDescription description = materializer.stub().describe();
    assertThat(description.getStaticSummary()).isEqualTo("Lands events of shard " + lake.shard);
    assertThat(description.getTypedSearchAttributes().get(SearchAttributes.TENANT))
        .isEqualTo(lake.tenant.value());
    assertThat(description.getTypedSearchAttributes().get(SearchAttributes.SHARD))
        .isEqualTo(lake.shard.value());
    Await.until(
        "search attribute",
        () ->
            List.of("flights")
                .equals(
                    materializer
                        .stub()
                        .describe()
                        .getTypedSearchAttributes()
                        .get(SearchAttributes.TABLE)));
  }

  @Test
  void terminatedRunIsStartedAnewAndNothingIsLost() throws Exception {
    try (MaterializeReconciler reconciler = reconciler()) {
      reconciler.start();
      lake.awaitLanded(lake.publish(lake.segment(flights, 1)));

      materializer.terminateWorkflow();

      lake.awaitLanded(lake.publish(lake.segment(flights, 2)));
    }
    assertThat(lake.visibleIds(flights)).containsExactly(1L, 2L);
  }

  @Test
  void eventsLandByThemselvesWhenTemporalIsBack() throws Exception {
    try (TemporalServer server = TemporalServer.start();
        Materializer alone = new Materializer(lake, server);
        MaterializeReconciler reconciler = reconciler(alone)) {
      server.kill();
      reconciler.start();
      long position = lake.publish(lake.segment(flights, 1));

      server.restart();

      lake.awaitLanded(position);
    }
    assertThat(lake.visibleIds(flights)).containsExactly(1L);
  }

  @Test
  void eventsLandByThemselvesWhenTemporalComesUpAfterTheWorker() throws Exception {
    try (TemporalServer server = TemporalServer.start()) {
      server.stop();
      try (Materializer early = new Materializer(lake, server);
          MaterializeReconciler reconciler = reconciler(early)) {
        reconciler.start();
        long position = lake.publish(lake.segment(flights, 1));

        server.restart();

        lake.awaitLanded(position);
        assertThat(early.worker.drain(Duration.ofSeconds(10))).isTrue();
      }
    }
    assertThat(lake.visibleIds(flights)).containsExactly(1L);
  }

  @Test
  void workerThatStillWaitsForTemporalEndsAtOnce() {
    try (TemporalServer server = TemporalServer.start()) {
      server.stop();
      Materializer drained = new Materializer(lake, server);
      Materializer closed = new Materializer(lake, server);
      long began = System.nanoTime();

      assertThat(drained.worker.drain(Duration.ofSeconds(10))).isTrue();
      drained.close();
      closed.close();

      assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(2));
      assertThat(Thread.getAllStackTraces().keySet())
          .extracting(Thread::getName)
          .doesNotContain("duckmesh-worker-start");
    }
  }

  @Test
  void corruptSegmentDoesNotStopTheShard() throws Exception {
    materializer.startWorkflow();
    lake.publish(new io.duckmesh.bus.Segment(lake.shard, 4, new byte[] {1, 2, 3}));

    lake.awaitLanded(lake.publish(lake.segment(flights, 1)));

    assertThat(lake.visibleIds(flights)).containsExactly(1L);
    Await.until("status", () -> materializer.workflow().status().totals().visible() == 1);
    assertThat(materializer.workflow().status().totals().quarantined()).isEqualTo(4);
  }

  @Test
  void batchWhoseWriteNobodyCanCommitIsWrittenAgain() throws Exception {
    AtomicInteger commits = new AtomicInteger();
    materializer.faults.on(
        "commit",
        () -> {
          if (commits.incrementAndGet() <= 3) {
            throw new IllegalArgumentException("Write does not exist");
          }
        });
    materializer.startWorkflow();

    lake.awaitLanded(lake.publish(lake.segment(flights, null, List.of("a"), 1)));

    assertThat(lake.visibleIds(flights)).containsExactly(1L);
    Await.until("status", () -> materializer.workflow().status().totals().batches() == 1);
    assertThat(materializer.workflow().status().totals().conflicts()).isEqualTo(1);
  }

  @Test
  void commitWhoseAnswerIsLostIsReadBackAndCountsOnce() throws Exception {
    AtomicInteger commits = new AtomicInteger();
    materializer.faults.after(
        "commit",
        () -> {
          if (commits.incrementAndGet() <= 2) {
            throw new CommitStateUnknownException("Answer lost", new IOException("lost"));
          }
        });
    materializer.startWorkflow();

    lake.awaitLanded(lake.publish(lake.segment(flights, null, List.of("a", "a"), 1, 2)));

    Await.until("status", () -> materializer.workflow().status().totals().batches() == 1);
    assertThat(commits.get()).isEqualTo(3);
    assertThat(materializer.workflow().status().totals().conflicts()).isZero();
    assertThat(lake.visibleIds(flights)).containsExactly(1L);
    assertThat(lake.counts(flights)).isEqualTo(new TableCounts(flights.id(), 1, 1, 0));
  }

  @Test
  void anotherWorkerTakesOverTheBatchOfAKilledOne() throws Exception {
    CountDownLatch writing = new CountDownLatch(1);
    materializer.faults.on(
        "create",
        () -> {
          writing.countDown();
          park();
        });
    materializer.startWorkflow();
    long position = lake.publish(lake.segment(flights, null, List.of("a", "b"), 1, 2));
    writing.await();

    materializer.kill();

    try (Materializer successor = new Materializer(lake)) {
      lake.awaitLanded(position);
      Await.until("status", () -> successor.workflow().status().totals().visible() == 2);
    }
    assertThat(lake.visibleIds(flights)).containsExactly(1L, 2L);
    assertThat(lake.counts(flights)).isEqualTo(new TableCounts(flights.id(), 2, 0, 0));
  }

  @Test
  void twoWorkersLandEveryEventOnce() throws Exception {
    materializer.startWorkflow();
    try (Materializer second = new Materializer(lake)) {
      long position = 0;
      for (int id = 0; id < 40; id++) {
        position = lake.publish(lake.segment(flights, null, List.of("key " + id), id));
      }

      lake.awaitLanded(position);
      second.worker.drain(Duration.ofSeconds(5));
    }

    assertThat(lake.visibleIds(flights))
        .containsExactlyElementsOf(LongStream.range(0, 40).boxed().toList());
    assertThat(lake.counts(flights)).isEqualTo(new TableCounts(flights.id(), 40, 0, 0));
  }

  @Test
  void pausedRunLandsNothingUntilItIsResumed() throws Exception {
    materializer.startWorkflow();
    materializer.workflow().pause();
    Await.until("paused", () -> materializer.workflow().status().state().equals("paused"));
    long position = lake.publish(lake.segment(flights, 1));
    assertThat(lake.watermark()).isZero();

    materializer.workflow().resume();

    lake.awaitLanded(position);
  }

  @Test
  void flushSignalLandsWhatIsInTheLogWithoutLinger() throws Exception {
    materializer.startWorkflow();
    lake.bus.publish(List.of(lake.segment(flights, 1)));

    materializer.workflow().flush();

    lake.awaitLanded(1);
  }

  @Test
  void waitingWorkerDrainsAtOnce() {
    materializer.startWorkflow();
    Await.until("claim", () -> claimWaits());
    long start = System.nanoTime();

    boolean drained = materializer.worker.drain(Duration.ofSeconds(20));

    assertThat(drained).isTrue();
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(3));
  }

  @Test
  void drainingWorkerLandsTheBatchAtHand() throws Exception {
    CountDownLatch writing = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    materializer.faults.on(
        "create",
        () -> {
          writing.countDown();
          awaitLatch(goOn);
        });
    materializer.startWorkflow();
    lake.publish(lake.segment(flights, 1));
    writing.await();

    Thread release = Thread.ofVirtual().start(goOn::countDown);
    boolean drained = materializer.worker.drain(Duration.ofSeconds(20));

    release.join();
    assertThat(drained).isTrue();
    assertThat(lake.watermark()).isEqualTo(1);
  }

  private MaterializeReconciler reconciler() {
    return reconciler(materializer);
  }

  private MaterializeReconciler reconciler(Materializer of) {
    return new MaterializeReconciler(
        of.client, lake.catalog, lake.bus, lake.clock, Duration.ofMillis(100));
  }

  private boolean claimWaits() {
    return materializer
        .service
        .blockingStub()
        .describeWorkflowExecution(
            io.temporal.api.workflowservice.v1.DescribeWorkflowExecutionRequest.newBuilder()
                .setNamespace(materializer.client.getOptions().getNamespace())
                .setExecution(materializer.stub().getExecution())
                .build())
        .getPendingActivitiesList()
        .stream()
        .anyMatch(
            activity ->
                activity.getState()
                    == io.temporal.api.enums.v1.PendingActivityState
                        .PENDING_ACTIVITY_STATE_STARTED);
  }

  private static void park() {
    awaitLatch(new CountDownLatch(1));
  }

  private static void awaitLatch(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted", e);
    }
  }
}
