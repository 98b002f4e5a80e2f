package io.duckmesh.worker;

import io.duckmesh.activities.materialize.MaterializeActivitiesImpl;
import io.duckmesh.activities.materialize.MaterializeReconciler;
import io.duckmesh.activities.materialize.MaterializeSettings;
import io.duckmesh.activities.materialize.MaterializeWorker;
import io.duckmesh.activities.verify.VerifyActivitiesImpl;
import io.duckmesh.activities.verify.VerifyWorker;
import io.duckmesh.bus.BatchLimits;
import io.duckmesh.bus.EventBus;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.engine.objects.ObjectStore;
import io.micrometer.core.instrument.MeterRegistry;
import io.temporal.client.WorkflowClient;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Role {@code materializer}: the worker that lands batches and compares what has landed, and who
 * keeps the workflows of landing running.
 */
@Configuration(proxyBeanMethods = false)
class MaterializerConfiguration {
  private static final Duration VERIFY_SLICE = Duration.ofMinutes(1);
  private static final Duration RECONCILE_INTERVAL = Duration.ofSeconds(5);

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
            UUID::randomUUID),
        List.of(
            new VerifyWorker(new VerifyActivitiesImpl(catalog, bus, store, clock, VERIFY_SLICE))));
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
