package io.duckmesh.workflows;

import io.temporal.client.WorkflowClientOptions;
import io.temporal.common.WorkflowExecutionHistory;
import io.temporal.testing.TestEnvironmentOptions;
import io.temporal.testing.TestWorkflowEnvironment;
import io.temporal.testing.WorkflowReplayer;
import io.temporal.worker.Worker;
import io.temporal.worker.WorkerOptions;
import io.temporal.worker.WorkflowImplementationOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** A folder of histories that released code has made, and how to replay them with today's. */
public record RecordedHistories(
    Path folder,
    String taskQueue,
    WorkerOptions worker,
    WorkflowImplementationOptions implementations) {
  /** Names of the histories. */
  public List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".json"))
          .sorted()
          .toList();
    }
  }

  /** Replays the history; throws if the implementation does something else than was recorded. */
  public void replay(String name, Class<?> implementation) throws Exception {
    WorkflowExecutionHistory history =
        WorkflowExecutionHistory.fromJson(Files.readString(folder.resolve(name)));
    TestEnvironmentOptions options =
        TestEnvironmentOptions.newBuilder()
            .setWorkflowClientOptions(
                WorkflowClientOptions.newBuilder()
                    .setDataConverter(PayloadConverters.dataConverter())
                    .build())
            .build();
    try (TestWorkflowEnvironment environment = TestWorkflowEnvironment.newInstance(options)) {
      Worker replaying = environment.newWorker(taskQueue, worker);
      replaying.registerWorkflowImplementationTypes(implementations, implementation);
      WorkflowReplayer.replayWorkflowExecution(history, replaying);
    }
  }
}
