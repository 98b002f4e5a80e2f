package io.duckmesh.activities;

import io.temporal.worker.WorkerFactory;

/** A queue that a worker process polls beside others. */
public interface WorkerPart {
  /** Adds the workers of the queue to a factory that has not started. */
  void register(WorkerFactory factory);

  /** Asks steps under way to end soon, since the process is being stopped; does not wait. */
  void stop();
}
