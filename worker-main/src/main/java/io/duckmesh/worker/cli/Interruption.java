package io.duckmesh.worker.cli;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * What happens when the program is told to end while requests are under way (Ctrl-C, {@code kill}):
 * no new ones begin, those under way get a moment to be answered, and then it is told how far it
 * came.
 */
final class Interruption implements AutoCloseable {
  private static final Duration GRACE = Duration.ofSeconds(10);

  private final Thread hook;
  private final NavigableMap<Integer, Chunk> running = new TreeMap<>();
  private boolean asked;

  /**
   * @param tell told, before the program ends, the chunks of whose requests the end is not known
   */
  Interruption(Consumer<Collection<Chunk>> tell) {
    hook = new Thread(() -> tell.accept(stop()), "duckmesh-interruption");
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /** Whether the chunk may go out; if so, {@link #ended} must follow. */
  synchronized boolean begin(Chunk chunk) {
    if (!asked) {
      running.put(chunk.ordinal(), chunk);
    }
    return !asked;
  }

  /** The chunk's request has been answered, or given up. */
  synchronized void ended(Chunk chunk) {
    running.remove(chunk.ordinal());
    notifyAll();
  }

  private synchronized Collection<Chunk> stop() {
    asked = true;
    long deadline = System.nanoTime() + GRACE.toNanos();
    try {
      while (!running.isEmpty() && System.nanoTime() < deadline) {
        TimeUnit.NANOSECONDS.timedWait(this, Math.max(1, deadline - System.nanoTime()));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return List.copyOf(running.values());
  }

  /** Waits for the end of the program if it was told to end. */
  void awaitEndIfAsked() {
    while (isAsked()) {
      LockSupport.park(this);
    }
  }

  private synchronized boolean isAsked() {
    return asked;
  }

  /** From now on the program ends as any other. */
  @Override
  public void close() {
    if (!isAsked()) {
      Runtime.getRuntime().removeShutdownHook(hook);
    }
  }
}
