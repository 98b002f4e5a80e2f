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

  /** The one run at a time that merges files of the table. */
  public static String compact(String tableId) {
    return "compact/" + tableId;
  }

  /** The one run at a time that starts merging where it is due. */
  public static String compactDue(String tenant) {
    return "compact-due/" + tenant;
  }

  /** The one run at a time that lets a tenant's snapshots and rows expire. */
  public static String expire(String tenant) {
    return "expire/" + tenant;
  }

  /** The one run at a time that deletes garbage. */
  public static String collect() {
    return "collect";
  }

  /** The one dry run at a time of what has that id; it runs beside it and changes nothing. */
  public static String dryRun(String workflowId) {
    return workflowId + "/dry-run";
  }

  /** The one run that does what a schedule would, on a server without schedules. */
  public static String timer(String scheduleId) {
    return "timer/" + scheduleId;
  }
}
