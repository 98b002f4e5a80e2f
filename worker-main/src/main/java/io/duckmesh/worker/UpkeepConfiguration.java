package io.duckmesh.worker;

import io.duckmesh.activities.Steps;
import io.duckmesh.activities.compact.BudgetedObjects;
import io.duckmesh.activities.compact.CompactActivitiesImpl;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.upkeep.Upkeep;
import io.duckmesh.engine.merge.FileMerger;
import io.duckmesh.engine.merge.duckdb.DuckDbMerges;
import io.duckmesh.engine.objects.ObjectStore;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.util.UUID;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;

/** What the roles {@code compactor} and {@code collector} have in common: the steps of merging. */
@Configuration(proxyBeanMethods = false)
class UpkeepConfiguration {
  @Bean(destroyMethod = "close")
  Steps upkeepSteps() {
    return new Steps();
  }

  /** Everything that rewrites read and write comes out of one budget. */
  @Bean(destroyMethod = "", defaultCandidate = false)
  ObjectStore budgetedObjects(ServerSettings settings, ObjectStore store) {
    return BudgetedObjects.of(store, settings.compact().settings().bytesPerSecond());
  }

  /** Made with the first rewrite, which only compactors have. */
  @Bean(destroyMethod = "close")
  @Lazy
  FileMerger fileMerger(
      ServerSettings settings, @Qualifier("budgetedObjects") ObjectStore budgeted) {
    return DuckDbMerges.create(budgeted, settings.compact().merges());
  }

  @Bean
  CompactActivitiesImpl compactActivities(
      ServerSettings settings,
      Catalog catalog,
      Upkeep upkeep,
      @Qualifier("budgetedObjects") ObjectStore budgeted,
      ObjectProvider<FileMerger> merger,
      Clock clock,
      MeterRegistry registry,
      Steps steps) {
    return new CompactActivitiesImpl(
        catalog,
        upkeep,
        budgeted,
        merger::getObject,
        settings.compact().settings(),
        clock,
        registry,
        steps,
        UUID::randomUUID);
  }
}
