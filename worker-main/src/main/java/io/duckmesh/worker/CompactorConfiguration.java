package io.duckmesh.worker;

import io.duckmesh.activities.Steps;
import io.duckmesh.activities.WorkerPart;
import io.duckmesh.activities.compact.CompactActivitiesImpl;
import io.duckmesh.activities.compact.CompactWorker;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Role {@code compactor}: the worker that rewrites data files. */
@Configuration(proxyBeanMethods = false)
class CompactorConfiguration {
  @Bean(destroyMethod = "")
  WorkerPart compactWorker(
      ServerSettings settings, CompactActivitiesImpl activities, Steps upkeepSteps) {
    return new CompactWorker(
        activities, settings.compact().settings().rewritesAtOnce(), upkeepSteps);
  }
}
