package io.duckmesh.engine.merge.duckdb;

import io.duckmesh.engine.merge.MergeFailedException;
import io.duckmesh.engine.merge.MergeLimitException;
import io.duckmesh.engine.merge.MergeOrder;
import io.duckmesh.engine.merge.MergedFile;
import io.duckmesh.engine.parquet.DataFileOptions;
import io.duckmesh.engine.parquet.FileFooter;
import io.duckmesh.engine.parquet.WrittenFile;
import io.duckmesh.engine.query.duckdb.process.FailedStatementException;
import io.duckmesh.engine.schema.Column;
import io.duckmesh.engine.schema.ColumnType.ListOf;
import io.duckmesh.engine.schema.ColumnType.Struct;
import io.duckmesh.engine.schema.RowSchema;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One merge, from fetched files on. Used by the thread that merges. */
final class MergeRun {
  private static final Logger log = LoggerFactory.getLogger(MergeRun.class);

  /** What the process takes without DuckDB's rows. */
  private static final long PROGRAM_BYTES = 128L << 20;

  /** DuckDB hands rows on in vectors of so many. */
  private static final int VECTOR_ROWS = 2048;

  /** Row groups of the second attempt are smaller by this. */
  private static final int FEWER_ROWS = 8;

  private static final int BUFFER_BYTES = 256 << 10;

  private final MergeOrder order;
  private final Sources sources;
  private final Path target;
  private final MergeProcess process;
  private final ExecutorService threads;
  private final Ticker ticker;
  private boolean lostToMemory;

  /**
   * @param folder where the file is made
   * @param threads for the wait for the process
   */
  MergeRun(
      MergeOrder order,
      Sources sources,
      Path folder,
      MergeProcess process,
      ExecutorService threads,
      Ticker ticker) {
    this.order = order;
    this.sources = sources;
    this.target = folder.resolve("merged.parquet");
    this.process = process;
    this.threads = threads;
    this.ticker = ticker;
  }

  /**
   * @param spillBytes what may be spilled
   * @param parallel threads that merge
   */
  MergedFile run(long spillBytes, int parallel, OutputStream out) throws IOException {
    long rows = merge(spillBytes, parallel);
    if (rows == 0) {
      return new MergedFile(sources.rows(), null);
    }
    FileFooter footer = FileFooter.read(target);
    if (footer.rowCount() != rows) {
      throw new MergeFailedException(
          "%d rows were merged and the file has %d".formatted(rows, footer.rowCount()));
    }
    Map<Integer, Long> nestedNulls = nestedNulls();
    long size = Files.size(target);
    String hash = copyTo(out, rows);
    return new MergedFile(
        sources.rows(),
        new WrittenFile(rows, size, hash, footer.statistics(order.schema(), nestedNulls)));
  }

  /** Makes the file, and answers how many rows it has. */
  private long merge(long spillBytes, int parallel) throws IOException {
    long memory = (order.memoryBytes() - PROGRAM_BYTES) / 4 * 3;
    long groupRows = groupRows(memory);
    long rows;
    try {
      rows = merge(memory, spillBytes, parallel, groupRows);
    } catch (MergeLimitException e) {
      if (lostToMemory) {
        throw e;
      }
      // Sizes in files do not tell of values that repeat, which take their room again in memory.
      log.info(
          "Merging again with less at a time rows={} because={}", sources.rows(), e.getMessage());
      Files.deleteIfExists(target);
      rows = merge(memory, spillBytes, 1, Math.max(VECTOR_ROWS, groupRows / FEWER_ROWS));
    }
    boolean possible = order.dropBefore() == null ? rows == sources.rows() : rows <= sources.rows();
    if (!possible) {
      throw new MergeFailedException(
          "%d rows were read and %d written".formatted(sources.rows(), rows));
    }
    return rows;
  }

  private long merge(long memory, long spillBytes, int parallel, long groupRows) {
    return call(() -> {
          process.setLimits(memory, spillBytes, parallel);
          return process.query(MergeSql.merge(order, sources.files(), target, groupRows));
        })
        .getFirst();
  }

  /** Groups of equal size, as in files that land, and so small that several fit into memory. */
  private long groupRows(long memory) {
    long most =
        Math.min(
            DataFileOptions.DEFAULTS.rowGroupRows(),
            Math.min(DataFileOptions.DEFAULTS.rowGroupBytes(), memory / 8)
                / Math.max(1, sources.uncompressedBytes() / Math.max(1, sources.rows())));
    long vectors = Math.max(1, most / VECTOR_ROWS);
    long allVectors = Math.ceilDiv(sources.rows(), VECTOR_ROWS);
    long groups = Math.max(1, Math.ceilDiv(allVectors, vectors));
    return Math.max(1, Math.ceilDiv(allVectors, groups)) * VECTOR_ROWS;
  }

  /** Nulls of columns that have parts, by field id, which take another look at the file. */
  private Map<Integer, Long> nestedNulls() {
    List<Column> nested =
        order.schema().columns().stream()
            .filter(column -> column.type() instanceof ListOf || column.type() instanceof Struct)
            .toList();
    Map<Integer, Long> nulls = new HashMap<>();
    if (!nested.isEmpty()) {
      RowSchema schema = new RowSchema(order.schema().version(), nested);
      List<Long> counts = call(() -> process.query(MergeSql.countNulls(schema, target)));
      for (int i = 0; i < nested.size(); i++) {
        nulls.put(nested.get(i).fieldId(), counts.get(i));
      }
    }
    return nulls;
  }

  /** Answers the hash of what was copied. */
  private String copyTo(OutputStream out, long rows) throws IOException {
    MessageDigest digest = sha256();
    try (InputStream in = Files.newInputStream(target)) {
      byte[] buffer = new byte[BUFFER_BYTES];
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        out.write(buffer, 0, count);
        digest.update(buffer, 0, count);
        ticker.tick(rows);
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256", e);
    }
  }

  /**
   * Has the process do something, and sees meanwhile that it stays within its memory and that the
   * merge is still wanted. The process does nothing any more when this returns or throws.
   */
  private <T> T call(Callable<T> work) {
    Future<T> result = threads.submit(work);
    boolean answered = false;
    try {
      ticker.report();
      T answer = ticker.await(result, this::watch);
      answered = true;
      return answer;
    } catch (ExecutionException e) {
      answered = true;
      throw failure(e.getCause());
    } finally {
      if (!answered) {
        process.kill();
        awaitEnd(result);
      }
    }
  }

  private void watch() {
    ticker.tick((long) (process.progress() * sources.rows()));
    long bytes = process.residentBytes();
    if (!lostToMemory && bytes > order.memoryBytes() + order.memoryBytes() / 4) {
      log.warn(
          "Process that merges takes too much memory resident_bytes={} limit_bytes={}",
          bytes,
          order.memoryBytes());
      lostToMemory = true;
      process.kill();
    }
  }

  private RuntimeException failure(@Nullable Throwable cause) {
    Throwable reason = cause == null ? new IllegalStateException("No reason is known") : cause;
    if (lostToMemory) {
      return new MergeLimitException(
          "Merging %d rows needs more than %d bytes of memory"
              .formatted(sources.rows(), order.memoryBytes()),
          reason);
    }
    String message = String.valueOf(reason.getMessage()).lines().findFirst().orElse("");
    if (reason instanceof FailedStatementException
        && (message.startsWith("Out of Memory") || message.contains("No space left on device"))) {
      return new MergeLimitException(
          "Merging %d rows needs more than %d bytes of memory and the disk beside it: %s"
              .formatted(sources.rows(), order.memoryBytes(), message),
          reason);
    }
    // A merger that is closed ends its processes, and says so itself.
    ticker.tick(0);
    return new MergeFailedException(
        "Merging %d files of %d rows failed: %s"
            .formatted(sources.files().size(), sources.rows(), message),
        reason);
  }

  private static void awaitEnd(Future<?> result) {
    boolean interrupted = Thread.interrupted();
    while (true) {
      try {
        result.get();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      } catch (ExecutionException e) {
        // As it has to, since its process was ended.
        break;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
