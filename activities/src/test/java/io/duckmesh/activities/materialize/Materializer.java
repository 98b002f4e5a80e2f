package io.duckmesh.activities.materialize;

import io.duckmesh.activities.verify.VerifyActivitiesImpl;
import io.duckmesh.activities.verify.VerifyWorker;
import io.duckmesh.bus.BatchLimits;
import io.duckmesh.bus.EventBus;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.engine.objects.ObjectStore;
import io.duckmesh.testing.TemporalServer;
import io.duckmesh.workflows.PayloadConverters;
import io.duckmesh.workflows.WorkflowIds;
import io.duckmesh.workflows.materialize.MaterializeInput;
import io.duckmesh.workflows.materialize.MaterializeStarts;
import io.duckmesh.workflows.materialize.MaterializeWorkflow;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
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
  final MaterializeWorker worker;
  private final Lake lake;

  Materializer(Lake lake) {
    this(lake, TemporalServer.shared());
  }

  Materializer(Lake lake, TemporalServer server) {
    this(lake, server, Duration.ofMinutes(1));
  }

  Materializer(Lake lake, TemporalServer server, Duration verifySlice) {
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
            UUID::randomUUID);
    worker =
        new MaterializeWorker(
            client,
            activities,
            List.of(
                new VerifyWorker(
                    new VerifyActivitiesImpl(
                        faults.around(Catalog.class, lake.catalog),
                        faults.around(EventBus.class, lake.bus),
                        faults.around(ObjectStore.class, lake.store),
                        lake.clock,
                        verifySlice))));
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
  }

  @Override
  public void close() {
    worker.close();
    service.shutdownNow();
  }
}
