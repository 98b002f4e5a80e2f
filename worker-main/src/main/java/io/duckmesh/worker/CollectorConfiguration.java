package io.duckmesh.worker;

import io.duckmesh.activities.Steps;
import io.duckmesh.activities.WorkerPart;
import io.duckmesh.activities.collect.CollectActivitiesImpl;
import io.duckmesh.activities.compact.CompactActivitiesImpl;
import io.duckmesh.activities.compact.CompactDueActivitiesImpl;
import io.duckmesh.activities.compact.DueFinder;
import io.duckmesh.activities.expire.ExpireActivitiesImpl;
import io.duckmesh.activities.expire.TrimPlanner;
import io.duckmesh.activities.schedule.MaintenanceWorker;
import io.duckmesh.activities.schedule.ServerSchedules;
import io.duckmesh.activities.schedule.UpkeepReconciler;
import io.duckmesh.activities.verify.VerifyActivitiesImpl;
import io.duckmesh.bus.EventBus;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.upkeep.Upkeep;
import io.duckmesh.engine.objects.ObjectStore;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Role {@code collector}: the worker of everything that can wait, and who keeps schedules as
 * settings and policies want them.
 */
@Configuration(proxyBeanMethods = false)
class CollectorConfiguration {
  private static final Duration SLICE = Duration.ofMinutes(1);

  @Bean(destroyMethod = "")
  WorkerPart maintenanceWorker(
      ServerSettings settings,
      Catalog catalog,
      Upkeep upkeep,
      EventBus bus,
      ObjectStore store,
      CompactActivitiesImpl compact,
      Clock clock,
      MeterRegistry registry,
      Steps steps) {
    return new MaintenanceWorker(
        new VerifyActivitiesImpl(catalog, bus, store, clock, SLICE),
        List.of(
            compact,
            new CompactDueActivitiesImpl(new DueFinder(upkeep, clock)),
            new ExpireActivitiesImpl(
                upkeep, new TrimPlanner(catalog, upkeep, clock), clock, SLICE, registry, steps),
            new CollectActivitiesImpl(
                catalog, upkeep, store, settings.collect(), clock, registry, steps)),
        steps);
  }

  @Bean(destroyMethod = "")
  UpkeepReconciler upkeepReconciler(
      ServerSettings settings,
      ServerSchedules schedules,
      Catalog catalog,
      Upkeep upkeep,
      Clock clock) {
    return new UpkeepReconciler(schedules, catalog, upkeep, settings.schedules(), clock);
  }
}
