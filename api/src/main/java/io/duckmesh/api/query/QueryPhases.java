package io.duckmesh.api.query;

import io.duckmesh.engine.query.QueryMeter;
import org.jspecify.annotations.Nullable;

/**
 * How long each phase of one query took, from the arrival of the request. A phase lasts until the
 * next one begins; one that is entered again adds up. Used by one thread at a time; what it is
 * doing may be asked from any.
 */
public final class QueryPhases {
  /** What a query goes through, in this order. */
  public enum Phase {
    /** Parsing, and the guard. */
    CHECK,
    /** Until the writes of its tokens are visible. */
    WAIT,
    /** Finding the snapshot, the tables and their files. */
    BIND,
    /** Waiting for a slot and for files, and computing the first rows. */
    START,
    /** Computing and sending the rest. */
    WRITE
  }

  private final long startedNanos;
  private final long[] nanos = new long[Phase.values().length];
  private final QueryMeter meter = new QueryMeter();
  private volatile @Nullable Phase current;
  private long since;

  private QueryPhases(long now) {
    this.startedNanos = now;
  }

  /** Begins now, in no phase yet. */
  public static QueryPhases begin() {
    return new QueryPhases(System.nanoTime());
  }

  void enter(Phase phase) {
    end();
    current = phase;
  }

  /** Ends the phase that is under way. May be called more than once. */
  void end() {
    long now = System.nanoTime();
    Phase ended = current;
    if (ended != null) {
      nanos[ended.ordinal()] += now - since;
      current = null;
    }
    since = now;
  }

  /** The phase that is under way, null if there is none. */
  @Nullable Phase current() {
    return current;
  }

  /** Measures what the engine does in {@link Phase#START}. */
  public QueryMeter meter() {
    return meter;
  }

  /** Nanoseconds in the phase so far, without the time since it was entered last. */
  public long nanos(Phase phase) {
    return nanos[phase.ordinal()];
  }

  /** Nanoseconds since the beginning. */
  public long elapsedNanos() {
    return System.nanoTime() - startedNanos;
  }
}
