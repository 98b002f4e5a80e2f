package io.duckmesh.bench.faults;

import java.util.Locale;

/** What the harness can break, with how long it stays broken. */
enum FaultKind {
  KILL_POSTGRES(Lane.PROCESSES, 0, 4),
  KILL_TEMPORAL(Lane.PROCESSES, 0, 4),
  KILL_S3(Lane.PROCESSES, 0, 4),
  KILL_GATEWAY(Lane.PROCESSES, 0, 2),
  KILL_MATERIALIZER(Lane.PROCESSES, 0, 2),
  /** Longer than a lease (15 s): another takes the batch over, and then it wakes up. */
  STOP_MATERIALIZER(Lane.PROCESSES, 17, 22),
  STOP_GATEWAY(Lane.PROCESSES, 2, 6),
  KILL_COMPACTOR(Lane.PROCESSES, 0, 2),
  /** Longer than others wait for a step, which they take over, and then it wakes up. */
  STOP_COMPACTOR(Lane.PROCESSES, 17, 40),
  /** A compactor dies at a step boundary of a job. */
  KILL_AT_STEP(Lane.PROCESSES, 10, 15),
  /** All processes die at once and are started again. */
  RESTART_EVERYTHING(Lane.PROCESSES, 0, 1),
  CUT_POSTGRES(Lane.CONNECTIONS, 1, 5),
  CUT_TEMPORAL(Lane.CONNECTIONS, 1, 5),
  CUT_S3(Lane.CONNECTIONS, 1, 5),
  SLOW_POSTGRES(Lane.CONNECTIONS, 2, 6),
  SLOW_TEMPORAL(Lane.CONNECTIONS, 2, 6),
  SLOW_S3(Lane.CONNECTIONS, 2, 6),
  STALL_POSTGRES(Lane.CONNECTIONS, 2, 8),
  STALL_TEMPORAL(Lane.CONNECTIONS, 2, 8),
  STALL_S3(Lane.CONNECTIONS, 2, 8),
  S3_ERRORS(Lane.CONNECTIONS, 2, 6),
  S3_LOST_ANSWERS(Lane.CONNECTIONS, 2, 6),
  /** No file of a gateway can grow, its query cache among them. */
  FULL_DISK(Lane.CONNECTIONS, 2, 6),
  /** The runs of all shards are ended at Temporal, as an operator may. */
  TERMINATE_WORKFLOWS(Lane.CONNECTIONS, 0, 1),
  /**
   * What a materializer sends to PostgreSQL is held back, its shards are given to the other one,
   * and when that has gone on, everything arrives after all: claims, writes and commits of a
   * zombie.
   */
  ZOMBIE(Lane.CONNECTIONS, 17, 22),
  /**
   * The same of a compactor and the runs that merge: plans, rewrites and publishing of a zombie.
   */
  ZOMBIE_COMPACTOR(Lane.CONNECTIONS, 17, 22);

  /** Faults of one lane happen one after the other, those of two lanes side by side. */
  enum Lane {
    PROCESSES,
    CONNECTIONS
  }

  private final Lane lane;
  private final int minSeconds;
  private final int maxSeconds;

  FaultKind(Lane lane, int minSeconds, int maxSeconds) {
    this.lane = lane;
    this.minSeconds = minSeconds;
    this.maxSeconds = maxSeconds;
  }

  /** Whether it needs compactors. */
  boolean ofUpkeep() {
    return switch (this) {
      case KILL_COMPACTOR, STOP_COMPACTOR, KILL_AT_STEP, ZOMBIE_COMPACTOR -> true;
      default -> false;
    };
  }

  Lane lane() {
    return lane;
  }

  long minMillis() {
    return minSeconds * 1_000L;
  }

  long maxMillis() {
    return maxSeconds * 1_000L;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** The kind of that name, as {@link #toString} writes it. */
  static FaultKind named(String name) {
    return valueOf(name.toUpperCase(Locale.ROOT).replace('-', '_'));
  }
}
