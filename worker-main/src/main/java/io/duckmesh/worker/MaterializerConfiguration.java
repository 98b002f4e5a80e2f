package io.duckmesh.worker;

import io.duckmesh.activities.WorkerPart;
import io.duckmesh.activities.compact.CompactHints;
import io.duckmesh.activities.compact.DueFinder;
import io.duckmesh.activities.materialize.MaterializeActivitiesImpl;
import io.duckmesh.activities.materialize.MaterializeReconciler;
import io.duckmesh.activities.materialize.MaterializeSettings;
import io.duckmesh.activities.materialize.MaterializeWorker;
import io.duckmesh.activities.schedule.ServerSchedules;
import io.duckmesh.bus.BatchLimits;
import io.duckmesh.bus.EventBus;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.upkeep.Upkeep;
import io.duckmesh.engine.objects.ObjectStore;
import io.micrometer.core.instrument.MeterRegistry;
import io.temporal.client.WorkflowClient;
import java.time.Clock;
import java.time.Duration;
import java.util.UUID;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;

/**
 * Role {@code materializer}: the worker that lands batches, and who keeps the workflows of landing
 * running.
 */
@Configuration(proxyBeanMethods = false)
class MaterializerConfiguration {
  private static final Duration RECONCILE_INTERVAL = Duration.ofSeconds(5);

  /** Apart from the gateway's, so that neither takes the other's memory. */
  @Bean(destroyMethod = "close", defaultCandidate = false)
  BufferAllocator materializerAllocator() {
    return new RootAllocator();
  }

  /** First of the parts: what it has at hand is what a stop waits for. */
  @Bean(destroyMethod = "")
  @Order(1)
  WorkerPart materializeWorker(
      ServerSettings settings,
      Catalog catalog,
      EventBus bus,
      ObjectStore store,
      Clock clock,
      MeterRegistry registry,
      CompactHints hints,
      @Qualifier("materializerAllocator") BufferAllocator allocator) {
    BatchLimits limits = BatchLimits.DEFAULTS;
    return new MaterializeWorker(
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
            UUID::randomUUID,
            hints));
  }

  @Bean(destroyMethod = "")
  CompactHints compactHints(
      ServerSettings settings, ServerSchedules schedules, Upkeep upkeep, Clock clock) {
    return new CompactHints(
        schedules, upkeep, new DueFinder(upkeep, clock), settings.compact().settings());
  }

  @Bean(destroyMethod = "")
  MaterializeReconciler materializeReconciler(
      WorkflowClient client, Catalog catalog, EventBus bus, Clock clock) {
    return new MaterializeReconciler(client, catalog, bus, clock, RECONCILE_INTERVAL);
  }
}
