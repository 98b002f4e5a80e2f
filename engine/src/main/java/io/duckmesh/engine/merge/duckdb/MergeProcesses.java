package io.duckmesh.engine.merge.duckdb;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Processes that merge, and those that wait a while for the next merge. Used by any thread. */
final class MergeProcesses implements AutoCloseable {
  private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(60);

  /** One that is larger after its merge, since its memory is in pieces, is not kept. */
  private static final long IDLE_BYTES = 320L << 20;

  private final Path folder;
  private final int threads;
  private final Deque<MergeProcess> idle = new ArrayDeque<>();
  private final Set<MergeProcess> busy = new HashSet<>();
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("merge-processes").daemon().factory());
  private boolean closed;

  /**
   * @param folder of all merges
   */
  MergeProcesses(Path folder, int threads) {
    this.folder = folder;
    this.threads = threads;
    var unused = clock.scheduleWithFixedDelay(this::endIdle, 10, 10, TimeUnit.SECONDS);
  }

  /** Takes a process that nobody else has, perhaps a new one. */
  MergeProcess take() {
    synchronized (this) {
      while (!idle.isEmpty()) {
        MergeProcess process = idle.removeFirst();
        if (!process.hasEnded()) {
          busy.add(process);
          return process;
        }
        process.close();
      }
    }
    MergeProcess started = MergeProcess.start(folder, threads);
    synchronized (this) {
      if (!closed) {
        busy.add(started);
        return started;
      }
    }
    started.close();
    throw new CancellationException("The merger is closed");
  }

  /** Gives back a process that runs nothing. */
  void giveBack(MergeProcess process) {
    boolean small = process.residentBytes() <= IDLE_BYTES;
    synchronized (this) {
      busy.remove(process);
      if (small && !closed) {
        process.idleFromNow();
        idle.addFirst(process);
        return;
      }
    }
    process.close();
  }

  /** Ends a process, whatever it runs. */
  void end(MergeProcess process) {
    synchronized (this) {
      busy.remove(process);
    }
    process.close();
  }

  private void endIdle() {
    List<MergeProcess> ended = new ArrayList<>();
    synchronized (this) {
      idle.removeIf(process -> process.idleFor(IDLE_NANOS) && ended.add(process));
    }
    ended.forEach(MergeProcess::close);
  }

  /** Ends all; whoever uses one of them closes it. */
  @Override
  public void close() {
    List<MergeProcess> ended;
    synchronized (this) {
      closed = true;
      busy.forEach(MergeProcess::kill);
      ended = List.copyOf(idle);
      idle.clear();
    }
    clock.shutdownNow();
    ended.forEach(MergeProcess::close);
  }
}
