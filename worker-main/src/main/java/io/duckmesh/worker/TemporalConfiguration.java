package io.duckmesh.worker;

import com.uber.m3.tally.RootScopeBuilder;
import com.uber.m3.tally.Scope;
import com.uber.m3.util.Duration;
import io.duckmesh.workflows.PayloadConverters;
import io.micrometer.core.instrument.MeterRegistry;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowClientOptions;
import io.temporal.common.reporter.MicrometerClientStatsReporter;
import io.temporal.serviceclient.WorkflowServiceStubs;
import io.temporal.serviceclient.WorkflowServiceStubsOptions;
import java.util.concurrent.TimeUnit;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Temporal's client, for every role: workers poll with it, gateways start runs by hand. */
@Configuration(proxyBeanMethods = false)
class TemporalConfiguration {
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
}
