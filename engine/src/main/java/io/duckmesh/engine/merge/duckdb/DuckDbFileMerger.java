package io.duckmesh.engine.merge.duckdb;

import io.duckmesh.engine.merge.FileMerger;
import io.duckmesh.engine.merge.MergeCancelledException;
import io.duckmesh.engine.merge.MergeFailedException;
import io.duckmesh.engine.merge.MergeLimitException;
import io.duckmesh.engine.merge.MergeOptions;
import io.duckmesh.engine.merge.MergeOrder;
import io.duckmesh.engine.merge.MergeProgress;
import io.duckmesh.engine.merge.MergedFile;
import io.duckmesh.engine.objects.ObjectStore;
import io.duckmesh.engine.query.duckdb.process.Folders;
import io.duckmesh.engine.query.duckdb.process.OwnFolder;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Merges in processes of their own: fetch, merge there, pass the file on. */
final class DuckDbFileMerger implements FileMerger {
  private static final Logger log = LoggerFactory.getLogger(DuckDbFileMerger.class);

  private final ObjectStore store;
  private final MergeOptions options;
  private final OwnFolder folder;
  private final MergeProcesses processes;
  private final ExecutorService threads =
      Executors.newCachedThreadPool(Thread.ofPlatform().name("merge-", 0).daemon().factory());
  private final AtomicInteger users = new AtomicInteger(1);
  private volatile boolean closed;

  private DuckDbFileMerger(ObjectStore store, MergeOptions options, OwnFolder folder) {
    this.store = store;
    this.options = options;
    this.folder = folder;
    this.processes = new MergeProcesses(folder.path());
  }

  static FileMerger open(ObjectStore store, MergeOptions options) {
    try {
      Files.createDirectories(options.directory());
      // A process's rules about folders compare names as they are.
      OwnFolder folder = OwnFolder.create(options.directory().toRealPath(), "merger-");
      return new DuckDbFileMerger(store, options, folder);
    } catch (IOException e) {
      throw new UncheckedIOException(
          "Cannot use folder %s for merging".formatted(options.directory()), e);
    }
  }

  /** What can not be deleted is in nobody's way: no name is used twice. */
  private static void delete(Path folder) {
    try {
      Folders.delete(folder);
    } catch (IOException e) {
      log.warn("Cannot delete folder of a merge folder={}", folder, e);
    }
  }

  @Override
  public MergedFile merge(MergeOrder order, OutputStream out, MergeProgress progress)
      throws IOException {
    users.incrementAndGet();
    try {
      return merge(order, out, new Ticker(progress, () -> closed));
    } finally {
      leave();
    }
  }

  private MergedFile merge(MergeOrder order, OutputStream out, Ticker ticker) throws IOException {
    ticker.tick(0);
    long spillBytes = spillBytes(order);
    Path own = newFolder();
    // It starts while files are fetched.
    Future<MergeProcess> starting = threads.submit(processes::take);
    boolean ended = false;
    try {
      Sources sources = new SourceFetch(store, own).fetch(order.sources(), ticker);
      MergeProcess process = await(starting, ticker);
      MergedFile merged =
          new MergeRun(order, sources, own, process, threads, ticker)
              .run(spillBytes, options.threads(), out);
      ended = true;
      return merged;
    } finally {
      release(starting, ended);
      delete(own);
    }
  }

  /** The sources and the file that is made of them take their part of the disk, too. */
  private long spillBytes(MergeOrder order) {
    long spillBytes = options.diskBytes() - 2 * order.sourceBytes();
    if (spillBytes <= 0) {
      throw new MergeLimitException(
          "Merging %d files of %d bytes needs more than %d bytes of disk"
              .formatted(order.sources().size(), order.sourceBytes(), options.diskBytes()));
    }
    return spillBytes;
  }

  private Path newFolder() {
    try {
      return Files.createTempDirectory(folder.path(), "merge-");
    } catch (IOException e) {
      throw new MergeFailedException("Cannot make a folder in %s".formatted(folder.path()), e);
    }
  }

  private static MergeProcess await(Future<MergeProcess> starting, Ticker ticker) {
    try {
      return ticker.await(starting, () -> {});
    } catch (ExecutionException e) {
      if (e.getCause() instanceof CancellationException) {
        throw new MergeCancelledException("The merger was closed", e);
      }
      throw new MergeFailedException("Cannot start a process that merges", e);
    }
  }

  /** Waits for a process that starts, which is soon. */
  private void release(Future<MergeProcess> starting, boolean ended) {
    boolean interrupted = false;
    while (true) {
      try {
        MergeProcess process = starting.get();
        if (ended) {
          processes.giveBack(process);
        } else {
          processes.end(process);
        }
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      } catch (ExecutionException e) {
        // There is none.
        break;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** The folder is deleted by the last who uses it, which may be a merge that has to end. */
  private void leave() {
    if (users.decrementAndGet() == 0) {
      folder.close();
    }
  }

  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    processes.close();
    threads.shutdown();
    leave();
  }
}
