package io.duckmesh.bench.faults;

import io.duckmesh.bench.faults.Cluster.Server;
import java.util.Locale;

/**
 * A boundary between two steps of a background job, told by the message that crosses it. A process
 * that dies there has done everything before it and nothing after it.
 */
enum Step {
  RUN_BEGUN(Server.POSTGRES, "INSERT INTO catalog.upkeep_run", true, Side.AFTER),
  BEFORE_PLAN(Server.POSTGRES, "INSERT INTO catalog.rewrite", true, Side.BEFORE),
  AFTER_PLAN(Server.POSTGRES, "INSERT INTO catalog.rewrite", true, Side.AFTER),
  BEFORE_UPLOAD(Server.S3, "PUT /", false, Side.BEFORE),
  AFTER_UPLOAD(Server.S3, "PUT /", false, Side.AFTER),
  BEFORE_PREPARE(Server.POSTGRES, "SET state = 'prepared'", true, Side.BEFORE),
  AFTER_GROUP(Server.POSTGRES, "SET state = 'prepared'", true, Side.AFTER),
  BEFORE_PUBLISH(Server.POSTGRES, "committed_at, kind", false, Side.BEFORE),
  AFTER_PUBLISH(Server.POSTGRES, "committed_at, kind", false, Side.AFTER),
  BEFORE_EXPIRY(Server.POSTGRES, "SET history_from = e.history_from", true, Side.BEFORE),
  AFTER_EXPIRY(Server.POSTGRES, "SET history_from = e.history_from", true, Side.AFTER),
  BEFORE_MARK(Server.POSTGRES, "INSERT INTO catalog.garbage", true, Side.BEFORE),
  AFTER_MARK(Server.POSTGRES, "INSERT INTO catalog.garbage", true, Side.AFTER),
  BEFORE_SWEEP(Server.S3, "?delete", false, Side.BEFORE),
  IN_SWEEP(Server.S3, "?delete", false, Side.AFTER),
  AFTER_SWEEP(Server.POSTGRES, "DELETE FROM catalog.garbage", true, Side.AFTER),
  RUN_ENDED(Server.POSTGRES, "outcome = $", false, Side.BEFORE);

  /** Whether the message is held back, or was carried out and its answer is held back. */
  enum Side {
    BEFORE,
    AFTER
  }

  private final Server server;
  private final String text;
  private final boolean committed;
  private final Side side;

  /**
   * @param text that only this message has, of those of the process to the server
   * @param committed whether the message is followed by a commit, which is the boundary then
   */
  Step(Server server, String text, boolean committed, Side side) {
    this.server = server;
    this.text = text;
    this.committed = committed;
    this.side = side;
  }

  Server server() {
    return server;
  }

  String text() {
    return text;
  }

  boolean committed() {
    return committed;
  }

  Side side() {
    return side;
  }

  /** The step of that name, as {@link #toString} writes it. */
  static Step named(String name) {
    return valueOf(name.toUpperCase(Locale.ROOT).replace('-', '_'));
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
