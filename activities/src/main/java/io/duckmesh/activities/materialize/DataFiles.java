package io.duckmesh.activities.materialize;

import io.duckmesh.activities.ActivityFailures;
import io.duckmesh.activities.StopSignal;
import io.duckmesh.activities.WrittenFiles;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.DataFile;
import io.duckmesh.catalog.WriteId;
import io.duckmesh.engine.objects.ObjectKey;
import io.duckmesh.engine.objects.ObjectStore;
import io.duckmesh.engine.objects.ObjectStoreUnavailableException;
import io.duckmesh.engine.objects.ObjectWriter;
import io.duckmesh.engine.parquet.RowSelection;
import io.duckmesh.engine.parquet.WrittenFile;
import io.duckmesh.engine.schema.RowSchema;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes rows as data files, some at a time, each registered as pending before. */
final class DataFiles implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(DataFiles.class);

  private final Catalog catalog;
  private final ObjectStore store;
  private final Supplier<UUID> ids;
  private final Format format;
  private final ExecutorService writers;

  DataFiles(Catalog catalog, ObjectStore store, Supplier<UUID> ids, Format format, int writers) {
    this.catalog = catalog;
    this.store = store;
    this.ids = ids;
    this.format = format;
    this.writers =
        Executors.newFixedThreadPool(
            writers, Thread.ofPlatform().daemon().name("duckmesh-writer-", 0).factory());
  }

  /** How rows become the bytes of a file. */
  interface Format {
    WrittenFile write(RowSchema schema, List<RowSelection> rows, OutputStream out)
        throws IOException;
  }

  /** What writing came to: files, and segments whose rows no file can be made of. */
  record Written(List<DataFile> files, List<RejectedSegment> rejected) {}

  /**
   * Writes each of the groups as one file.
   *
   * @param blaming whether rows that fail to become a file are halved until the segment is found
   *     that is to blame; otherwise the failure is thrown
   */
  Written write(WriteId write, List<TableRows> groups, boolean blaming, StopSignal stop) {
    List<Future<Written>> running =
        groups.stream()
            .map(group -> writers.submit(() -> write(write, group, group.pieces(), blaming, stop)))
            .toList();
    List<DataFile> files = new ArrayList<>();
    List<RejectedSegment> rejected = new ArrayList<>();
    RuntimeException failure = null;
    // All are waited for, even after a failure: they read buffers that the caller will close.
    for (Future<Written> future : running) {
      try {
        Written written = await(future, stop);
        files.addAll(written.files());
        rejected.addAll(written.rejected());
      } catch (RuntimeException e) {
        stop.stop(e);
        failure = failure == null ? e : failure;
      }
    }
    if (failure != null) {
      throw failure;
    }
    return new Written(files, rejected);
  }

  @Override
  public void close() {
    writers.shutdownNow();
  }

  private Written write(
      WriteId write,
      TableRows group,
      List<TableRows.Piece> pieces,
      boolean blaming,
      StopSignal stop) {
    stop.check();
    try {
      return new Written(List.of(writeFile(write, group, pieces)), List.of());
    } catch (RuntimeException e) {
      if (!blaming || stop.stopped() || ActivityFailures.isInfrastructure(e)) {
        throw e;
      }
      if (pieces.size() == 1) {
        long position = pieces.getFirst().position();
        log.error(
            "Segment cannot be written table={} position={}", group.table().name(), position, e);
        return new Written(
            List.of(),
            List.of(
                new RejectedSegment(
                    position,
                    pieces.getFirst().rowCount(),
                    group.table().id(),
                    "Rows cannot be written as a data file of table %s: %s"
                        .formatted(group.table().name(), e))));
      }
      int half = pieces.size() / 2;
      Written first = write(write, group, pieces.subList(0, half), true, stop);
      Written second = write(write, group, pieces.subList(half, pieces.size()), true, stop);
      List<DataFile> files = new ArrayList<>(first.files());
      files.addAll(second.files());
      List<RejectedSegment> rejected = new ArrayList<>(first.rejected());
      rejected.addAll(second.rejected());
      return new Written(files, rejected);
    }
  }

  private DataFile writeFile(WriteId write, TableRows group, List<TableRows.Piece> pieces) {
    ObjectKey key =
        new ObjectKey(
            "%s/%s/%s-%s.parquet"
                .formatted(group.table().tenant(), group.table().id(), write, ids.get()));
    catalog.writes().registerPending(write, group.table().id(), List.of(key.value()));
    try (ObjectWriter object = store.create(key)) {
      WrittenFile written =
          format.write(
              group.schema(),
              pieces.stream().map(TableRows.Piece::selection).toList(),
              new Sink(object.stream()));
      object.publish();
      return WrittenFiles.toCatalog(group.table().id(), key, group.schema().version(), written);
    } catch (IOException e) {
      throw new ObjectStoreUnavailableException("Cannot write object " + key, e);
    }
  }

  private static Written await(Future<Written> future, StopSignal stop) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return future.get();
        } catch (InterruptedException e) {
          interrupted = true;
          stop.stop(ActivityFailures.workerDraining());
        }
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw new IllegalStateException("Writing a data file failed", e.getCause());
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Makes failures of the store tell themselves apart from failures over the rows. */
  private static final class Sink extends FilterOutputStream {
    Sink(OutputStream out) {
      super(out);
    }

    @Override
    public void write(int value) throws IOException {
      try {
        out.write(value);
      } catch (RuntimeException e) {
        throw new IOException("Object store failed", e);
      }
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      try {
        out.write(bytes, offset, length);
      } catch (RuntimeException e) {
        throw new IOException("Object store failed", e);
      }
    }
  }
}
