package io.duckmesh.activities.materialize;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.activities.verify.BusCounter;
import io.duckmesh.bus.BusOptions;
import io.duckmesh.bus.Segment;
import io.duckmesh.catalog.DataFile;
import io.duckmesh.catalog.ShardId;
import io.duckmesh.catalog.TableInfo;
import io.duckmesh.catalog.VerifyFinding;
import io.duckmesh.catalog.VerifyRun;
import io.duckmesh.catalog.conservation.Balance;
import io.duckmesh.catalog.conservation.Conservation;
import io.duckmesh.catalog.conservation.ShardBalance;
import io.duckmesh.engine.objects.ObjectStoreUnavailableException;
import io.duckmesh.testing.TemporalServer;
import io.duckmesh.workflows.verify.VerifyInput;
import io.duckmesh.workflows.verify.VerifyResult;
import io.duckmesh.workflows.verify.VerifyStarts;
import io.duckmesh.workflows.verify.VerifyWorkflow;
import io.temporal.client.WorkflowClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Comparing from end to end: a real Temporal, PostgreSQL, log, catalog and object store. */
class VerifyIT {
  private Lake lake;
  private Materializer materializer;
  private TableInfo flights;

  @BeforeEach
  void open() throws IOException {
    lake = Lake.alone(BusOptions.DEFAULTS.withPartitionBytes(20_000));
    flights = lake.createTable("flights");
    // Each step looks at one file: what one step hands to the next is tried as well.
    materializer = new Materializer(lake, TemporalServer.shared(), Duration.ZERO);
    materializer.startWorkflow();
  }

  @AfterEach
  void close() throws IOException {
    materializer.terminateWorkflow();
    materializer.close();
    lake.close();
  }

  @Test
  void runPassesWhateverBecameOfTheEvents() throws Exception {
    TableInfo dropped = lake.createTable("dropped");
    lake.awaitLanded(
        lake.publish(
            lake.segment(flights, null, List.of("a", "b", "c"), 1, 2, 3),
            lake.segment(flights, null, List.of("b", "b", "d"), 2, 2, 4),
            lake.segment(flights, "request", null, 5),
            lake.segment(flights, "request", null, 5),
            lake.segment(dropped, 1),
            new Segment(lake.shard, 7, new byte[] {1, 2, 3})));
    lake.catalog.tables().drop(lake.tenant, "dropped");
    lake.awaitLanded(lake.publish(lake.segment(dropped, 2, 3), lake.segment(flights, 6)));

    VerifyResult result = verify();

    assertThat(findings(result)).isEmpty();
    assertThat(result.state()).isEqualTo("passed");
    assertThat(result.shards()).isEqualTo(1);
    assertThat(result.files()).isEqualTo(3);
    assertThat(result.bytes()).isPositive();
    ShardBalance measured = conservation().measure(shard());
    assertThat(measured.balance()).isEqualTo(new Balance(19, 7, 3, 9, 0));
    assertThat(measured.tables())
        .extracting(table -> table.name() + " " + table.balance())
        .containsExactly(
            "dropped " + new Balance(3, 1, 0, 2, 0), "flights " + new Balance(9, 6, 3, 0, 0));
  }

  @Test
  void eachDamagedFileIsNamedWithWhatIsWrongWithIt() throws Exception {
    for (int id = 0; id < 4; id++) {
      lake.awaitLanded(lake.publish(lake.segment(flights, id)));
    }
    List<DataFile> files = lake.files(flights);
    assertThat(files).hasSize(4);
    Files.delete(path(files.get(0)));
    byte[] cut = Files.readAllBytes(path(files.get(1)));
    Files.write(path(files.get(1)), java.util.Arrays.copyOf(cut, cut.length - 10));
    byte[] flipped = Files.readAllBytes(path(files.get(2)));
    flipped[flipped.length / 2] ^= 1;
    Files.write(path(files.get(2)), flipped);

    VerifyResult result = verify();

    assertThat(result.state()).isEqualTo("failed");
    assertThat(result.files()).isEqualTo(4);
    assertThat(result.findings()).isEqualTo(3);
    assertThat(findings(result))
        .extracting(finding -> finding.kind() + " " + finding.subject())
        .containsExactlyInAnyOrder(
            "FILE_MISSING " + files.get(0).objectKey(),
            "FILE_SIZE " + files.get(1).objectKey(),
            "FILE_CONTENT " + files.get(2).objectKey());
    assertThat(lake.catalog.verifications().list(lake.tenant, 1))
        .singleElement()
        .satisfies(
            run -> {
              assertThat(run.runId()).isEqualTo(result.runId());
              assertThat(run.state()).isEqualTo(VerifyRun.State.FAILED);
            });
  }

  @Test
  void counterThatIsNotTrueIsNamed() throws Exception {
    lake.awaitLanded(lake.publish(lake.segment(flights, 1, 2, 3)));
    lake.execute("UPDATE catalog.table_shard SET visible = visible - 1");

    assertThat(findings(verify()))
        .extracting(finding -> finding.kind() + " " + finding.subject() + " " + finding.detail())
        .containsExactly(
            "CONSERVATION flights The table's files have 3 rows, but 2 events count as visible",
            "CONSERVATION "
                + lake.shard
                + " 1 accepted events are nowhere: accepted 3, visible 2, duplicates 0,"
                + " quarantined 0, pending 0",
            "CONSERVATION "
                + lake.shard
                + "/flights 1 accepted events are nowhere: accepted 3, visible 2, duplicates 0,"
                + " quarantined 0, pending 0");
  }

  /** Two events in quarantine, one duplicate, one visible. */
  private void landOfEach() throws Exception {
    lake.awaitLanded(
        lake.publish(
            lake.segment(flights, null, List.of("a", "a"), 1, 1),
            new Segment(lake.shard, 2, new byte[] {1, 2, 3})));
    assertThat(findings(verify())).isEmpty();
  }

  @Test
  void entriesThatAreGoneFromQuarantineAreNamed() throws Exception {
    landOfEach();
    lake.execute("DELETE FROM bus.quarantine");

    assertThat(findings(verify()))
        .extracting(finding -> finding.kind() + " " + finding.subject() + " " + finding.detail())
        .containsExactly(
            "CONSERVATION %s/quarantine 2 events up to position 2 count as quarantined, but the quarantine has entries of 0"
                .formatted(lake.shard));
  }

  @Test
  void eventsThatCountAsSomethingElseThanTheyAreAreNamed() throws Exception {
    TableInfo dropped = lake.createTable("dropped");
    lake.catalog.tables().drop(lake.tenant, "dropped");
    lake.awaitLanded(lake.publish(lake.segment(dropped, 1, 2)));
    lake.execute(
        "UPDATE catalog.table_shard SET quarantined = quarantined - 1, duplicates = duplicates + 1"
            + " WHERE quarantined > 0");

    assertThat(findings(verify()))
        .extracting(finding -> finding.kind() + " " + finding.subject())
        .containsExactly("CONSERVATION " + lake.shard + "/quarantine");
  }

  @Test
  void outcomesThatAreGoneAreNamed() throws Exception {
    landOfEach();
    lake.execute("DELETE FROM catalog.segment_outcome");

    assertThat(findings(verify()))
        .extracting(finding -> finding.kind() + " " + finding.subject() + " " + finding.detail())
        .singleElement()
        .asString()
        .startsWith("CONSERVATION " + lake.shard + "/outcomes ")
        .contains(
            "count other events than the outcomes of their segments; the first, of positions ");
  }

  @Test
  void commitsThatAreForgottenTooEarlyAreNamed() throws Exception {
    landOfEach();
    lake.execute("DELETE FROM catalog.landed_batch");

    assertThat(findings(verify()))
        .extracting(finding -> finding.kind() + " " + finding.subject() + " " + finding.detail())
        .singleElement()
        .asString()
        .startsWith("POSITIONS " + lake.shard + "/commits ")
        .contains("that should be remembered are not; the first has positions 1 to ");
  }

  @Test
  void whatIsFinishedInQuarantineAndWhatIsForgottenInTimeIsNoFinding() throws Exception {
    landOfEach();
    var entry =
        lake.bus
            .quarantine()
            .list(lake.tenant.value(), io.duckmesh.bus.QuarantineFilter.NEWEST)
            .getFirst();
    lake.bus.quarantine().drop(lake.tenant.value(), entry.id());
    assertThat(findings(verify())).isEmpty();
    // As if all of it had happened long ago, and its days had been forgotten since.
    lake.execute("UPDATE catalog.write SET prepared_day = prepared_day - 30");
    lake.execute("DELETE FROM catalog.landed_batch");
    lake.execute("DELETE FROM catalog.segment_outcome");

    assertThat(findings(verify())).isEmpty();
    lake.awaitLanded(lake.publish(lake.segment(flights, 9)));
    assertThat(findings(verify())).isEmpty();
  }

  @Test
  void counterOfTheLogThatIsNotTrueIsNamed() throws Exception {
    lake.awaitLanded(lake.publish(lake.segment(flights, 1, 2, 3)));
    lake.execute("UPDATE bus.shard SET appended_rows = appended_rows + 5");

    assertThat(findings(verify()))
        .extracting(finding -> finding.kind() + " " + finding.subject())
        .containsExactly("CONSERVATION " + lake.shard);
  }

  @Test
  void rowsOfTwoTablesThatAreMixedUpAreNamed() throws Exception {
    TableInfo airlines = lake.createTable("airlines");
    lake.awaitLanded(lake.publish(lake.segment(flights, 1), lake.segment(airlines, 2)));
    lake.execute(
        "UPDATE catalog.table_shard SET visible = CASE table_id WHEN '%s' THEN 2 ELSE 0 END"
            .formatted(flights.id()));

    assertThat(findings(verify()))
        .extracting(VerifyFinding::subject)
        .containsExactlyInAnyOrder(
            "airlines", "flights", lake.shard + "/airlines", lake.shard + "/flights");
  }

  @Test
  void positionsAndWatermarksThatDoNotFitAreNamed() throws Exception {
    long last = 0;
    for (int id = 0; id < 3; id++) {
      last = lake.publish(lake.segment(flights, id));
      lake.awaitLanded(last);
    }
    Await.until("acknowledged", () -> lake.bus.status(lake.shard).acked().value() == 3);
    materializer.terminateWorkflow();
    lake.execute("DELETE FROM catalog.landed_batch WHERE up_to_position = 2");
    lake.execute("UPDATE catalog.shard SET watermark = 2");

    assertThat(findings(verify()))
        .extracting(finding -> finding.kind() + " " + finding.subject() + " " + finding.detail())
        .contains(
            "WATERMARK %s The log is acknowledged up to position 3, but the catalog has landed only up to 2"
                .formatted(lake.shard),
            "POSITIONS %s Positions 2 to 2 are below the watermark and in no commit"
                .formatted(lake.shard));

    lake.execute("UPDATE catalog.shard SET watermark = 9");

    assertThat(findings(verify()))
        .extracting(finding -> finding.kind() + " " + finding.detail())
        .contains(
            "WATERMARK The catalog has landed positions up to 9, but the log ends with 3",
            "POSITIONS Positions 2 to 2 are below the watermark and in no commit");
  }

  @Test
  void segmentThatIsGoneBeforeItHasLandedIsNamed() throws Exception {
    materializer.terminateWorkflow();
    lake.publish(lake.segment(flights, 1), lake.segment(flights, 2), lake.segment(flights, 3));
    lake.execute("DELETE FROM bus.segment WHERE position = 2");

    assertThat(findings(verify()))
        .extracting(finding -> finding.kind() + " " + finding.detail())
        .contains(
            "POSITIONS The log holds 2 of the 3 segments from position 1 to 3, which have not landed",
            "CONSERVATION 1 accepted events are nowhere: accepted 3, visible 0, duplicates 0,"
                + " quarantined 0, pending 2");
  }

  @Test
  void storeThatIsAwayIsWaitedForAndIsNoFinding() throws Exception {
    lake.awaitLanded(lake.publish(lake.segment(flights, 1)));
    lake.awaitLanded(lake.publish(lake.segment(flights, 2)));
    AtomicInteger calls = new AtomicInteger();
    materializer.faults.on(
        "find",
        () -> {
          if (calls.incrementAndGet() <= 3) {
            throw new ObjectStoreUnavailableException("Store is away", null);
          }
        });

    VerifyResult result = verify();

    assertThat(result.state()).isEqualTo("passed");
    assertThat(result.files()).isEqualTo(2);
    assertThat(calls).hasValue(5);
  }

  @Test
  void nothingThatIsUnderWayLooksLikeAFinding() throws Exception {
    TableInfo airlines = lake.createTable("airlines");
    AtomicBoolean done = new AtomicBoolean();
    List<Future<?>> work = new ArrayList<>();
    AtomicInteger measured = new AtomicInteger();
    try (ExecutorService executor = Executors.newCachedThreadPool()) {
      for (TableInfo table : List.of(flights, airlines)) {
        work.add(
            executor.submit(
                repeated(
                    done,
                    () ->
                        lake.bus.publish(
                            List.of(
                                lake.segment(table, null, List.of("a", "b"), 1, 2),
                                lake.segment(table, 3, 4, 5))))));
      }
      work.add(executor.submit(repeated(done, () -> lake.bus.reclaim())));
      Conservation conservation = conservation();
      for (int reader = 0; reader < 2; reader++) {
        work.add(
            executor.submit(
                repeated(
                    done,
                    () -> {
                      ShardBalance balance = conservation.measure(shard());
                      assertThat(balance.balanced()).as(balance.toString()).isTrue();
                      assertThat(balance.settled()).isTrue();
                      return measured.incrementAndGet();
                    })));
      }
      try {
        for (int run = 0; run < 4; run++) {
          VerifyResult result = verify();
          assertThat(findings(result)).isEmpty();
        }
      } finally {
        done.set(true);
      }
      for (Future<?> each : work) {
        each.get();
      }
    }
    assertThat(measured).hasPositiveValue();
    assertThat(lake.watermark()).isPositive();
  }

  private static Callable<Boolean> repeated(AtomicBoolean done, Callable<?> step) {
    return () -> {
      while (!done.get()) {
        step.call();
      }
      return true;
    };
  }

  private VerifyResult verify() {
    VerifyInput input = VerifyInput.first(lake.tenant.value(), true);
    VerifyWorkflow workflow =
        materializer.client.newWorkflowStub(
            VerifyWorkflow.class, VerifyStarts.options(input, VerifyStarts.BY_HAND));
    return WorkflowClient.execute(workflow::verify, input).join();
  }

  private List<VerifyFinding> findings(VerifyResult result) {
    return lake.catalog.verifications().findings(result.runId());
  }

  private Conservation conservation() {
    return new Conservation(lake.catalog.accounts(), new BusCounter(lake.bus));
  }

  private ShardId shard() {
    return new ShardId(lake.shard.value());
  }

  private Path path(DataFile file) {
    return lake.store.localRoot().orElseThrow().resolve(file.objectKey());
  }
}
