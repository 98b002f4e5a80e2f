package io.duckmesh.engine.query;

import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Measures one statement from before it starts, so that something is known of one that fails, too.
 * The engine writes it; it may be read from any thread at any time.
 */
public final class QueryMeter {
  /** What the engine does with a statement until its first rows are there, in this order. */
  public enum Phase {
    /** Waiting for a slot. */
    QUEUE,
    /** Getting files that are not on this machine. */
    FETCH,
    /** Letting the tables' names stand for their files. */
    BIND,
    /** Computing up to the first rows. */
    RUN
  }

  /**
   * The files that a statement was given.
   *
   * @param count how many, each counted once
   * @param bytes of all of them
   * @param downloaded how many of them were downloaded for it
   * @param downloadedBytes of these
   */
  public record Files(long count, long bytes, long downloaded, long downloadedBytes) {
    public static final Files NONE = new Files(0, 0, 0, 0);
  }

  private final long[] nanos = new long[Phase.values().length];
  private @Nullable Phase current;
  private long sinceNanos;
  private Files files = Files.NONE;
  private long prunedFiles;
  private @Nullable DoubleSupplier progress;

  /** Begins a phase, and ends the one before. */
  public synchronized void enter(Phase phase) {
    end();
    current = phase;
  }

  /** Ends the phase that is under way, if there is one. */
  public synchronized void end() {
    long now = System.nanoTime();
    if (current != null) {
      nanos[current.ordinal()] += now - sinceNanos;
      current = null;
    }
    sinceNanos = now;
  }

  /** The phase that is under way, null if there is none. */
  public synchronized @Nullable Phase current() {
    return current;
  }

  /** Nanoseconds in the phase until now. */
  public synchronized long nanos(Phase phase) {
    long passed = phase == current ? System.nanoTime() - sinceNanos : 0;
    return nanos[phase.ordinal()] + passed;
  }

  /**
   * Says who knows how much is done: from 0 to 1, or NaN. Null: nobody any more.
   *
   * @param progress may be asked from any thread
   */
  public synchronized void progressFrom(@Nullable DoubleSupplier progress) {
    this.progress = progress;
  }

  /** How much of the statement is done, from 0 to 1; NaN if it can not be told. */
  public double progress() {
    DoubleSupplier known;
    synchronized (this) {
      known = progress;
    }
    return known == null ? Double.NaN : known.getAsDouble();
  }

  /** Says which files the statement was given. */
  public synchronized void gave(Files files) {
    this.files = files;
  }

  public synchronized Files files() {
    return files;
  }

  /** Counts files of the tables that the statement does not need, as their statistics say. */
  public synchronized void pruned(long count) {
    prunedFiles += count;
  }

  public synchronized long prunedFiles() {
    return prunedFiles;
  }
}
