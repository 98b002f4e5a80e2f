package io.duckmesh.worker;

import io.duckmesh.activities.Background;
import io.duckmesh.activities.WorkerPart;
import io.duckmesh.activities.Workers;
import io.duckmesh.activities.schedule.ServerSchedules;
import io.temporal.client.WorkflowClient;
import java.util.List;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** One set of workers for all roles of a process that poll Temporal. */
@Configuration(proxyBeanMethods = false)
class WorkersConfiguration {
  @Bean
  ServerSchedules serverSchedules(WorkflowClient client) {
    return new ServerSchedules(client);
  }

  @Bean(destroyMethod = "")
  Workers workers(WorkflowClient client, List<WorkerPart> parts) {
    return new Workers(client, parts);
  }

  @Bean
  WorkersLifecycle workersLifecycle(
      ServerSettings settings, Workers workers, ObjectProvider<Background> background) {
    return new WorkersLifecycle(
        workers, background.stream().toList(), settings.drain().dividedBy(2));
  }
}
