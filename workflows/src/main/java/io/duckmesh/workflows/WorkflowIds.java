package io.duckmesh.workflows;

/**
 * Ids of workflows. An id is the business identity, so that the server itself guarantees one run at
 * a time.
 */
public final class WorkflowIds {
  private WorkflowIds() {}

  /** The one run that lands the shard. */
  public static String materialize(String shard) {
    return "materialize/" + shard;
  }

  /** The one run at a time that compares what a tenant has with what its catalog says. */
  public static String verify(String tenant) {
    return "verify/" + tenant;
  }
}
