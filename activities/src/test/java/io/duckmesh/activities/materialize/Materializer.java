package io.duckmesh.activities.materialize;

import io.duckmesh.activities.Steps;
import io.duckmesh.activities.Workers;
import io.duckmesh.activities.collect.CollectActivitiesImpl;
import io.duckmesh.activities.collect.CollectSettings;
import io.duckmesh.activities.compact.CompactActivitiesImpl;
import io.duckmesh.activities.compact.CompactDueActivitiesImpl;
import io.duckmesh.activities.compact.CompactSettings;
import io.duckmesh.activities.compact.CompactWorker;
import io.duckmesh.activities.compact.DueFinder;
import io.duckmesh.activities.expire.ExpireActivitiesImpl;
import io.duckmesh.activities.expire.TrimPlanner;
import io.duckmesh.activities.schedule.MaintenanceWorker;
import io.duckmesh.activities.verify.VerifyActivitiesImpl;
import io.duckmesh.bus.BatchLimits;
import io.duckmesh.bus.EventBus;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.upkeep.Upkeep;
import io.duckmesh.engine.merge.FileMerger;
import io.duckmesh.engine.merge.MergeOptions;
import io.duckmesh.engine.merge.duckdb.DuckDbMerges;
import io.duckmesh.engine.objects.ObjectStore;
import io.duckmesh.engine.parquet.DataFileWriter;
import io.duckmesh.testing.TemporalServer;
import io.duckmesh.workflows.PayloadConverters;
import io.duckmesh.workflows.WorkflowIds;
import io.duckmesh.workflows.materialize.MaterializeInput;
import io.duckmesh.workflows.materialize.MaterializeStarts;
import io.duckmesh.workflows.materialize.MaterializeWorkflow;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.temporal.activity.Activity;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowClientOptions;
import io.temporal.client.WorkflowNotFoundException;
import io.temporal.client.WorkflowStub;
import io.temporal.serviceclient.WorkflowServiceStubs;
import io.temporal.serviceclient.WorkflowServiceStubsOptions;
import java.time.Duration;
import java.util.List;
import java.util.UUID;

/** A worker of its own process, as far as Temporal can tell, on a real server. */
final class Materializer implements AutoCloseable {
  static final MaterializeSettings SETTINGS =
      MaterializeSettings.DEFAULTS.withLimits(
          BatchLimits.DEFAULTS.withLinger(Duration.ofMillis(200)));

  final Faults faults = new Faults();
  final WorkflowServiceStubs service;
  final WorkflowClient client;
  final MaterializeActivitiesImpl activities;
  final Workers worker;
  final FileMerger merger;
  private final Steps steps = new Steps();
  private final Lake lake;

  Materializer(Lake lake) {
    this(lake, TemporalServer.shared());
  }

  Materializer(Lake lake, TemporalServer server) {
    this(lake, server, Duration.ofMinutes(1));
  }

  Materializer(Lake lake, TemporalServer server, DataFiles.Format format) {
    this(lake, server, Duration.ofMinutes(1), format);
  }

  Materializer(Lake lake, TemporalServer server, Duration verifySlice) {
    this(lake, server, verifySlice, DataFileWriter::write);
  }

  private Materializer(
      Lake lake, TemporalServer server, Duration verifySlice, DataFiles.Format format) {
    this.lake = lake;
    service =
        WorkflowServiceStubs.newServiceStubs(
            WorkflowServiceStubsOptions.newBuilder().setTarget(server.address()).build());
    client =
        WorkflowClient.newInstance(
            service,
            WorkflowClientOptions.newBuilder()
                .setNamespace(server.namespace())
                .setDataConverter(PayloadConverters.dataConverter())
                .build());
    activities =
        new MaterializeActivitiesImpl(
            faults.around(Catalog.class, lake.catalog),
            faults.around(EventBus.class, lake.bus),
            faults.around(ObjectStore.class, lake.store),
            SETTINGS,
            lake.clock,
            new SimpleMeterRegistry(),
            lake.allocator,
            UUID::randomUUID,
            LandingListener.NONE,
            format,
            Activity::getExecutionContext);
    ObjectStore store = faults.around(ObjectStore.class, lake.store);
    Catalog catalog = faults.around(Catalog.class, lake.catalog);
    Upkeep upkeep = faults.around(Upkeep.class, lake.upkeep);
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    merger =
        DuckDbMerges.create(
            store, MergeOptions.defaults(lake.directory.resolve("merges-" + UUID.randomUUID())));
    CompactActivitiesImpl compact =
        new CompactActivitiesImpl(
            catalog,
            upkeep,
            store,
            () -> merger,
            CompactSettings.defaults(),
            lake.clock,
            registry,
            steps,
            UUID::randomUUID);
    List<Object> others =
        List.of(
            compact,
            new CompactDueActivitiesImpl(new DueFinder(upkeep, lake.clock)),
            new ExpireActivitiesImpl(
                upkeep,
                new TrimPlanner(catalog, upkeep, lake.clock),
                lake.clock,
                Duration.ofMinutes(1),
                registry,
                steps),
            new CollectActivitiesImpl(
                catalog,
                upkeep,
                store,
                CollectSettings.DEFAULTS.withSlice(Duration.ofMinutes(1), 10),
                lake.clock,
                registry,
                steps));
    worker =
        new Workers(
            client,
            List.of(
                new MaterializeWorker(activities),
                new MaintenanceWorker(
                    new VerifyActivitiesImpl(
                        faults.around(Catalog.class, lake.catalog),
                        faults.around(EventBus.class, lake.bus),
                        faults.around(ObjectStore.class, lake.store),
                        lake.clock,
                        verifySlice),
                    others,
                    steps),
                new CompactWorker(compact, 2, steps)));
    worker.start();
  }

  MaterializeWorkflow startWorkflow() {
    MaterializeInput input = MaterializeInput.first(lake.shard.value(), lake.tenant.value(), true);
    MaterializeWorkflow workflow =
        client.newWorkflowStub(MaterializeWorkflow.class, MaterializeStarts.options(input));
    WorkflowClient.start(workflow::materialize, input);
    return workflow();
  }

  MaterializeWorkflow workflow() {
    return client.newWorkflowStub(
        MaterializeWorkflow.class, WorkflowIds.materialize(lake.shard.value()));
  }

  WorkflowStub stub() {
    return client.newUntypedWorkflowStub(WorkflowIds.materialize(lake.shard.value()));
  }

  void terminateWorkflow() {
    try {
      stub().terminate("test is over");
    } catch (WorkflowNotFoundException e) {
      // It has ended, or was never started.
      return;
    }
  }

  /** Ends the worker as a kill does: nothing that it has begun is reported any more. */
  void kill() {
    service.shutdownNow();
    worker.close();
    steps.close();
    merger.close();
  }

  @Override
  public void close() {
    worker.close();
    steps.close();
    merger.close();
    service.shutdownNow();
  }
}
