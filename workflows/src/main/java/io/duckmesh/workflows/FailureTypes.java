package io.duckmesh.workflows;

/** Types of activity failures, as they stand in histories and in the Temporal UI. */
public final class FailureTypes {
  /** The log, the catalog or the object store did not answer. Retried. */
  public static final String UNAVAILABLE = "UNAVAILABLE";

  /** It cannot be told whether a commit happened. Retried: committing again tells. */
  public static final String COMMIT_STATE_UNKNOWN = "COMMIT_STATE_UNKNOWN";

  /** The worker is being stopped and takes no new work. Retried, by another worker. */
  public static final String WORKER_DRAINING = "WORKER_DRAINING";

  /** A surprise: a defect or a resource that is used up. Retried. */
  public static final String INTERNAL = "INTERNAL";

  /**
   * The log has acknowledged positions that the catalog has not landed, so their events may be
   * gone. Not retried: people have to find out which of the two databases is the wrong one.
   */
  public static final String LOG_AHEAD_OF_CATALOG = "LOG_AHEAD_OF_CATALOG";

  /**
   * Positions of the log are empty that were published and have not landed, so their events may be
   * gone. Not retried: people have to put the log back, or say that the events are lost.
   */
  public static final String SEGMENTS_MISSING = "SEGMENTS_MISSING";

  /**
   * A file that is to be merged is not in the object store, or has other bytes than were published.
   * Not retried: people have to put it back, or give its rows up.
   */
  public static final String FILE_DAMAGED = "FILE_DAMAGED";

  /** Files can not be merged with the limits or the schema that there are. Not retried. */
  public static final String REWRITE_IMPOSSIBLE = "REWRITE_IMPOSSIBLE";

  private FailureTypes() {}
}
