package io.duckmesh.worker;

import com.uber.m3.tally.RootScopeBuilder;
import com.uber.m3.tally.Scope;
import com.uber.m3.util.Duration;
import io.duckmesh.activities.materialize.MaterializeActivitiesImpl;
import io.duckmesh.activities.materialize.MaterializeReconciler;
import io.duckmesh.activities.materialize.MaterializeSettings;
import io.duckmesh.activities.materialize.MaterializeWorker;
import io.duckmesh.bus.BatchLimits;
import io.duckmesh.bus.EventBus;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.engine.objects.ObjectStore;
import io.duckmesh.workflows.PayloadConverters;
import io.micrometer.core.instrument.MeterRegistry;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowClientOptions;
import io.temporal.common.reporter.MicrometerClientStatsReporter;
import io.temporal.serviceclient.WorkflowServiceStubs;
import io.temporal.serviceclient.WorkflowServiceStubsOptions;
import java.time.Clock;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Role {@code materializer}: the worker that lands batches, and who keeps its workflows running.
 */
@Configuration(proxyBeanMethods = false)
class MaterializerConfiguration {
  private static final java.time.Duration RECONCILE_INTERVAL = java.time.Duration.ofSeconds(5);
  private static final double METRICS_INTERVAL_SECONDS = 10;

  @Bean(destroyMethod = "close")
  Scope temporalMetrics(MeterRegistry registry) {
    return new RootScopeBuilder()
        .reporter(new MicrometerClientStatsReporter(registry))
        .reportEvery(Duration.ofSeconds(METRICS_INTERVAL_SECONDS));
  }

  /** Connects when it is first used, and again whenever Temporal is back. */
  @Bean(destroyMethod = "")
  WorkflowServiceStubs temporalStubs(ServerSettings settings, Scope temporalMetrics) {
    return WorkflowServiceStubs.newServiceStubs(
        WorkflowServiceStubsOptions.newBuilder()
            .setTarget(settings.temporal().target())
            .setMetricsScope(temporalMetrics)
            .build());
  }

  @Bean
  AutoCloseable temporalStubsShutdown(WorkflowServiceStubs stubs) {
    return () -> {
      stubs.shutdownNow();
      stubs.awaitTermination(2, TimeUnit.SECONDS);
    };
  }

  @Bean
  WorkflowClient workflowClient(ServerSettings settings, WorkflowServiceStubs stubs) {
    return WorkflowClient.newInstance(
        stubs,
        WorkflowClientOptions.newBuilder()
            .setNamespace(settings.temporal().namespace())
            .setDataConverter(PayloadConverters.dataConverter())
            .build());
  }

  /** Apart from the gateway's, so that neither takes the other's memory. */
  @Bean(destroyMethod = "close", defaultCandidate = false)
  BufferAllocator materializerAllocator() {
    return new RootAllocator();
  }

  @Bean(destroyMethod = "")
  MaterializeWorker materializeWorker(
      ServerSettings settings,
      WorkflowClient client,
      Catalog catalog,
      EventBus bus,
      ObjectStore store,
      Clock clock,
      MeterRegistry registry,
      @Qualifier("materializerAllocator") BufferAllocator allocator) {
    BatchLimits limits = BatchLimits.DEFAULTS;
    return new MaterializeWorker(
        client,
        new MaterializeActivitiesImpl(
            catalog,
            bus,
            store,
            MaterializeSettings.DEFAULTS.withLimits(
                new BatchLimits(
                    limits.maxRows(), limits.maxBytes(), settings.batchLinger(), limits.maxWait())),
            clock,
            registry,
            allocator,
            UUID::randomUUID));
  }

  @Bean(destroyMethod = "")
  MaterializeReconciler materializeReconciler(
      WorkflowClient client, Catalog catalog, EventBus bus, Clock clock) {
    return new MaterializeReconciler(client, catalog, bus, clock, RECONCILE_INTERVAL);
  }

  @Bean
  MaterializerLifecycle materializerLifecycle(
      ServerSettings settings, MaterializeWorker worker, MaterializeReconciler reconciler) {
    return new MaterializerLifecycle(worker, reconciler, settings.drain().dividedBy(2));
  }
}
