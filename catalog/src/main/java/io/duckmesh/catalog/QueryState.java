package io.duckmesh.catalog;

/** How a query stands. */
public enum QueryState {
  /** Waits for a gateway that runs it. */
  QUEUED,
  RUNNING,
  SUCCEEDED,
  FAILED,
  CANCELLED,
  /** Succeeded, and its result is no longer kept. */
  EXPIRED;

  /** Whether it will neither run nor go on running. */
  public boolean isFinished() {
    return this != QUEUED && this != RUNNING;
  }
}
