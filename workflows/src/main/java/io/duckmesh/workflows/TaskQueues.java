package io.duckmesh.workflows;

/** Queues that workers poll. */
public final class TaskQueues {
  /** Landing batches; polled by the materializers, who hold a batch's rows in memory. */
  public static final String MATERIALIZE = "materialize";

  /** Work that can wait: whatever looks after what has landed. */
  public static final String MAINTENANCE = "maintenance";

  /** Reading and writing of files that are merged: as much at once as a process may spare. */
  public static final String COMPACT = "compact";

  private TaskQueues() {}
}
