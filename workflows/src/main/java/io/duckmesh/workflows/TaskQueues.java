package io.duckmesh.workflows;

/** Queues that workers poll. */
public final class TaskQueues {
  /** Landing batches; polled by the materializers, who hold a batch's rows in memory. */
  public static final String MATERIALIZE = "materialize";

  private TaskQueues() {}
}
