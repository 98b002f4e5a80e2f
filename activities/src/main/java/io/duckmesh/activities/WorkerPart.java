package io.duckmesh.activities;

import io.temporal.worker.WorkerFactory;
import java.time.Duration;

/** A queue that a worker process polls, with the steps that it runs. */
public interface WorkerPart extends AutoCloseable {
  /** Name of the queue. */
  String taskQueue();

  /** Adds the workers of the queue to a factory that has not started. */
  void register(WorkerFactory factory);

  /** Asks steps under way to end soon, since the process is being stopped; does not wait. */
  void stop();

  /**
   * Waits until no step is running that should come to its end.
   *
   * @return false if the time was over before
   */
  boolean awaitQuiet(Duration timeout) throws InterruptedException;

  /** Frees what the steps hold; after the workers have ended. */
  @Override
  void close();
}
