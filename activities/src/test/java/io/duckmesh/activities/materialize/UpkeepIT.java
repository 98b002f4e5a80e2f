package io.duckmesh.activities.materialize;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.catalog.DataFile;
import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.TableInfo;
import io.duckmesh.catalog.upkeep.LiveFile;
import io.duckmesh.catalog.upkeep.UpkeepPolicy;
import io.duckmesh.catalog.upkeep.UpkeepRun;
import io.duckmesh.engine.objects.ObjectStoreUnavailableException;
import io.duckmesh.testing.TemporalServer;
import io.duckmesh.workflows.WorkflowIds;
import io.duckmesh.workflows.collect.CollectInput;
import io.duckmesh.workflows.collect.CollectResult;
import io.duckmesh.workflows.collect.CollectStarts;
import io.duckmesh.workflows.collect.CollectWorkflow;
import io.duckmesh.workflows.compact.CompactInput;
import io.duckmesh.workflows.compact.CompactResult;
import io.duckmesh.workflows.compact.CompactStarts;
import io.duckmesh.workflows.compact.CompactWorkflow;
import io.duckmesh.workflows.expire.ExpireInput;
import io.duckmesh.workflows.expire.ExpireResult;
import io.duckmesh.workflows.expire.ExpireStarts;
import io.duckmesh.workflows.expire.ExpireWorkflow;
import io.duckmesh.workflows.verify.VerifyInput;
import io.duckmesh.workflows.verify.VerifyStarts;
import io.duckmesh.workflows.verify.VerifyWorkflow;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowFailedException;
import io.temporal.client.WorkflowNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Merging, expiry and collection from end to end: a real Temporal, PostgreSQL, engine and store.
 */
class UpkeepIT {
  private Lake lake;
  private Materializer materializer;
  private TableInfo flights;
  private long next;

  @BeforeEach
  void open() throws IOException {
    lake = Lake.alone();
    flights = lake.createTable("flights");
    materializer = new Materializer(lake, TemporalServer.shared());
    materializer.startWorkflow();
  }

  @AfterEach
  void close() throws IOException {
    materializer.terminateWorkflow();
    materializer.close();
    lake.close();
  }

  @Test
  void manyTinyFilesBecomeFewAndRowsKeepTheirOrder() throws Exception {
    land(100);
    SnapshotId before = newest();
    List<DataFile> files = files(before);
    assertThat(files).hasSize(100);

    CompactResult result = compact();

    assertThat(result.outcome()).isEqualTo("succeeded");
    assertThat(result.progress().conflicts()).isZero();
    assertThat(liveFiles()).hasSizeLessThan(12);
    assertThat(idsInOrderOfPlace()).isEqualTo(LongStream.range(0, 100).boxed().toList());
    assertThat(files(before)).isEqualTo(files);
    assertThat(ids(before)).isEqualTo(LongStream.range(0, 100).boxed().toList());
    assertThat(run(result.runId()).state()).isEqualTo(UpkeepRun.State.SUCCEEDED);
    assertThat(run(result.runId()).counts().rows()).isEqualTo(result.progress().rows());
    assertThat(findings()).isZero();
  }

  @Test
  void dryRunSaysWhatTheRunThenDoesAndChangesNothing() throws Exception {
    land(30);
    SnapshotId before = newest();

    CompactResult planned = compact(true);

    assertThat(newest()).isEqualTo(before);
    assertThat(planned.plan().groups()).isNotEmpty();
    CompactResult done = compact();
    assertThat(planned.progress().filesIn()).isLessThanOrEqualTo(done.progress().filesIn());
    assertThat(planned.plan().groups().getFirst().files()).isEqualTo(30);
  }

  @Test
  void crashBetweenAnyTwoStepsLosesAndDoublesNothing() throws Exception {
    List<String> lastCalls =
        List.of(
            "Runs.begin",
            "Rewrites.begin",
            "Rewrites.registerPending",
            "ObjectStore.create",
            "ObjectWriter.publish",
            "Rewrites.prepare",
            "Rewrites.publish",
            "Rewrites.nothingLeft",
            "Runs.finish");
    for (boolean late : List.of(false, true)) {
      for (String call : lastCalls) {
        land(4);
        AtomicInteger crashes = new AtomicInteger();
        Faults.Fault crash =
            () -> {
              if (crashes.getAndIncrement() > 0) {
                return;
              }
              terminateCompaction();
              throw new IllegalStateException("The process was killed");
            };
        if (late) {
          materializer.faults.after(call, crash);
        } else {
          materializer.faults.on(call, crash);
        }
        try {
          compact();
        } catch (CompletionException | WorkflowFailedException e) {
          assertThat(crashes).as(call).hasPositiveValue();
        }
        materializer.faults.clear(call);
        compact();
        assertThat(idsInOrderOfPlace())
            .as("after a crash %s %s", late ? "after" : "before", call)
            .isEqualTo(LongStream.range(0, next).boxed().toList());
        assertThat(crashes).as(call).hasPositiveValue();
      }
    }
    assertThat(liveFiles()).hasSizeLessThan(12);
    assertThat(findings()).isZero();
    keepOnlyTheNewest();
    expireAndCollect();
    assertThat(bucket()).isEqualTo(keys(lake.files(flights)));
  }

  @Test
  void restoreBesideARewriteWinsAndNoRowIsLostOrDoubled() throws Exception {
    land(8);
    SnapshotId back = newest();
    land(8);
    AtomicBoolean once = new AtomicBoolean();
    materializer.faults.on(
        "Rewrites.prepare",
        () -> {
          if (once.getAndSet(true)) {
            return;
          }
          lake.upkeep.restores().restore(lake.tenant, "flights", back);
        });

    CompactResult result = compact();

    assertThat(result.progress().conflicts()).isEqualTo(1);
    assertThat(idsInOrderOfPlace()).isEqualTo(LongStream.range(0, 8).boxed().toList());
    assertThat(liveFiles()).hasSize(1);
    assertThat(findings()).isZero();
  }

  @Test
  void tableThatIsDroppedMeanwhileIsNotBroughtBack() throws Exception {
    land(8);
    AtomicBoolean once = new AtomicBoolean();
    materializer.faults.on(
        "Rewrites.prepare",
        () -> {
          if (!once.getAndSet(true)) {
            lake.catalog.tables().drop(lake.tenant, "flights");
          }
        });

    CompactResult result = compact();

    assertThat(result.progress().groups()).isZero();
    assertThat(lake.catalog.tables().find(lake.tenant, "flights")).isEmpty();
    lake.upkeep.restores().undrop(lake.tenant, "flights");
    assertThat(idsInOrderOfPlace()).isEqualTo(LongStream.range(0, 8).boxed().toList());
  }

  @Test
  void objectsGoThatNoReadableSnapshotNeedsAndNoOthers() throws Exception {
    Map<SnapshotId, List<Long>> pinned = new LinkedHashMap<>();
    for (int round = 0; round < 4; round++) {
      land(9);
      SnapshotId snapshot = newest();
      lake.upkeep.retention().pin(lake.tenant, "round" + round, snapshot, null);
      pinned.put(snapshot, ids(snapshot));
      compact();
    }
    Set<String> needed = keys(lake.files(flights));
    pinned.keySet().forEach(snapshot -> needed.addAll(keys(files(snapshot))));
    keepOnlyTheNewest();

    CollectResult collected = expireAndCollect();

    assertThat(collected.progress().failures()).isZero();
    assertThat(bucket()).isEqualTo(needed);
    for (Map.Entry<SnapshotId, List<Long>> each : pinned.entrySet()) {
      assertThat(ids(each.getKey())).isEqualTo(each.getValue());
    }
    pinned
        .keySet()
        .forEach(snapshot -> lake.upkeep.retention().unpin(lake.tenant, pinName(pinned, snapshot)));
    expireAndCollect();
    assertThat(bucket()).isEqualTo(keys(lake.files(flights)));
    assertThat(idsInOrderOfPlace()).isEqualTo(LongStream.range(0, 36).boxed().toList());
    assertThat(findings()).isZero();
  }

  @Test
  void objectThatCanNotBeDeletedIsNamedWithTheReasonAndTriedAgain() throws Exception {
    land(12);
    compact();
    keepOnlyTheNewest();
    AtomicInteger failures = new AtomicInteger();
    materializer.faults.on(
        "delete",
        () -> {
          // The first page as a whole, then one of its objects.
          if (failures.getAndIncrement() < 2) {
            throw new ObjectStoreUnavailableException("Access denied");
          }
        });

    CollectResult first = expireAndCollect();

    assertThat(first.progress().failures()).isEqualTo(1);
    assertThat(first.reason()).contains("Access denied");
    assertThat(lake.upkeep.garbage().failing(lake.tenant, 10))
        .singleElement()
        .satisfies(object -> assertThat(object.failure()).contains("Access denied"));
    assertThat(bucket()).hasSize(liveFiles().size() + 1);
    lake.clock.advance(Duration.ofHours(1));
    collect();
    assertThat(bucket()).isEqualTo(keys(lake.files(flights)));
  }

  @Test
  void filesOfADroppedTableGoAfterItsRetention() throws Exception {
    land(6);
    lake.catalog.tables().drop(lake.tenant, "flights");
    expireAndCollect();
    assertThat(bucket()).hasSize(6);
    lake.clock.advance(Duration.ofDays(8));
    lake.createTable("others");
    keepOnlyTheNewest();

    expireAndCollect();

    assertThat(bucket()).isEmpty();
  }

  @Test
  void damagedFileIsNamedAndDoesNotKeepOthersFromBeingMerged() throws Exception {
    land(4);
    TableInfo others = lake.createTable("others");
    for (int i = 0; i < 4; i++) {
      lake.awaitLanded(lake.publish(lake.segment(others, i)));
    }
    DataFile damaged = lake.files(flights).get(2);
    byte[] bytes = Files.readAllBytes(path(damaged));
    bytes[bytes.length / 2] ^= 1;
    Files.write(path(damaged), bytes);

    CompactResult result = compact();

    assertThat(result.outcome()).isEqualTo("failed");
    assertThat(result.reason()).contains(damaged.objectKey()).contains("verify");
    assertThat(run(result.runId()).outcome()).contains(damaged.objectKey());
    assertThat(liveFiles()).hasSize(4);
    assertThat(compact(others).outcome()).isEqualTo("succeeded");
    assertThat(lake.files(others)).hasSize(1);
  }

  private static String pinName(Map<SnapshotId, List<Long>> pinned, SnapshotId snapshot) {
    return "round" + new ArrayList<>(pinned.keySet()).indexOf(snapshot);
  }

  /** Lands so many files of a row each. */
  private void land(int files) throws InterruptedException {
    for (int i = 0; i < files; i++) {
      lake.awaitLanded(lake.publish(lake.segment(flights, next++)));
    }
  }

  private void keepOnlyTheNewest() {
    lake.upkeep
        .policies()
        .set(lake.tenant, new UpkeepPolicy(null, null, null, Duration.ZERO, 1, null));
  }

  private CompactResult compact() {
    return compact(flights);
  }

  private CompactResult compact(boolean dryRun) {
    return compact(CompactInput.byHand(lake.tenant.value(), id(flights), "flights", dryRun, false));
  }

  private CompactResult compact(TableInfo table) {
    return compact(CompactInput.byHand(lake.tenant.value(), id(table), table.name(), false, false));
  }

  private CompactResult compact(CompactInput input) {
    CompactWorkflow workflow =
        materializer.client.newWorkflowStub(CompactWorkflow.class, CompactStarts.options(input));
    return WorkflowClient.execute(workflow::compact, input).join();
  }

  private void terminateCompaction() {
    try {
      materializer
          .client
          .newUntypedWorkflowStub(WorkflowIds.compact(id(flights)))
          .terminate("The process was killed");
    } catch (WorkflowNotFoundException e) {
      throw new IllegalStateException("Nothing was running", e);
    }
  }

  private ExpireResult expire() {
    ExpireInput input = ExpireInput.byHand(lake.tenant.value(), false, false);
    ExpireWorkflow workflow =
        materializer.client.newWorkflowStub(
            ExpireWorkflow.class, ExpireStarts.options(input, Duration.ofMinutes(5)));
    return WorkflowClient.execute(workflow::expire, input).join();
  }

  private CollectResult collect() {
    CollectInput input = CollectInput.byHand(false);
    CollectWorkflow workflow =
        materializer.client.newWorkflowStub(
            CollectWorkflow.class, CollectStarts.options(input, Duration.ofMinutes(5)));
    return WorkflowClient.execute(workflow::collect, input).join();
  }

  /** Expiry, a mark, the grace time, a sweep; what the last run answers. */
  private CollectResult expireAndCollect() {
    assertThat(expire().outcome()).isEqualTo("succeeded");
    Set<String> before = bucket();
    assertThat(collect().progress().deleted()).isZero();
    assertThat(bucket()).isEqualTo(before);
    lake.clock.advance(Duration.ofHours(2));
    return collect();
  }

  private long findings() {
    VerifyInput input = VerifyInput.first(lake.tenant.value(), false);
    VerifyWorkflow workflow =
        materializer.client.newWorkflowStub(
            VerifyWorkflow.class, VerifyStarts.options(input, VerifyStarts.BY_HAND));
    return WorkflowClient.execute(workflow::verify, input).join().findings();
  }

  private UpkeepRun run(String runId) {
    return lake.upkeep.runs().find(runId).orElseThrow();
  }

  private SnapshotId newest() {
    return lake.catalog.snapshots().newest(lake.tenant).id();
  }

  private List<DataFile> files(SnapshotId snapshot) {
    return lake.catalog.snapshots().manifest(lake.tenant, snapshot, "flights").files();
  }

  private List<LiveFile> liveFiles() {
    return lake.upkeep.rewrites().liveFiles(flights.id(), null, 10_000);
  }

  /** Ids of the newest snapshot's rows as the table keeps them. */
  private List<Long> idsInOrderOfPlace() throws SQLException {
    return read(liveFiles().stream().map(LiveFile::objectKey).toList());
  }

  private List<Long> ids(SnapshotId snapshot) throws SQLException {
    return read(files(snapshot).stream().map(DataFile::objectKey).toList()).stream()
        .sorted()
        .toList();
  }

  private List<Long> read(List<String> keys) throws SQLException {
    List<Long> ids = new ArrayList<>();
    try (Connection duckdb = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = duckdb.createStatement()) {
      for (String key : keys) {
        Path path = lake.store.localRoot().orElseThrow().resolve(key);
        try (ResultSet rows =
            statement.executeQuery("SELECT id FROM read_parquet('" + path + "')")) {
          while (rows.next()) {
            ids.add(rows.getLong(1));
          }
        }
      }
    }
    return ids;
  }

  private Set<String> bucket() {
    try (Stream<io.duckmesh.engine.objects.ObjectInfo> all = lake.store.list("")) {
      return all.map(object -> object.key().value()).collect(Collectors.toCollection(TreeSet::new));
    }
  }

  private static Set<String> keys(List<DataFile> files) {
    return files.stream().map(DataFile::objectKey).collect(Collectors.toCollection(TreeSet::new));
  }

  private static String id(TableInfo table) {
    return table.id().toString();
  }

  private Path path(DataFile file) {
    return lake.store.localRoot().orElseThrow().resolve(file.objectKey());
  }
}
