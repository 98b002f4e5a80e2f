package io.duckmesh.workflows.schedule;

/** Jobs that can be scheduled. */
public enum ScheduledJob {
  /** Starts merging of a tenant's tables where it is due. */
  COMPACT_DUE,
  /** Lets a tenant's snapshots and rows expire. */
  EXPIRE,
  /** Compares what a tenant has with its catalog. */
  VERIFY,
  /** Deletes garbage of all tenants. */
  COLLECT
}
