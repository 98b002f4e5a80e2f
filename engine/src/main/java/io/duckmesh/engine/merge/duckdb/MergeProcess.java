package io.duckmesh.engine.merge.duckdb;

import io.duckmesh.engine.query.duckdb.process.DuckDbProcess;
import io.duckmesh.engine.query.duckdb.process.FailedStatementException;
import io.duckmesh.engine.query.duckdb.process.Folders;
import io.duckmesh.engine.query.duckdb.process.ProcessAnswer;
import io.duckmesh.engine.query.duckdb.process.ProcessSession;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A process that merges, one order at a time, with a spill folder of its own. Used by one thread,
 * but for {@link #progress()}, {@link #residentBytes()} and {@link #kill()}.
 */
final class MergeProcess implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(MergeProcess.class);

  private final DuckDbProcess process;
  private final Path spill;
  private final BufferAllocator allocator = new RootAllocator();
  private long idleSinceNanos;

  private MergeProcess(DuckDbProcess process, Path spill) {
    this.process = process;
    this.spill = spill;
  }

  /**
   * Starts a process, which takes about half a second.
   *
   * @param folder of all merges; the process sees no other
   */
  static MergeProcess start(Path folder, int threads) {
    MergeProcess started = null;
    boolean prepared = false;
    try {
      Path spill = Files.createTempDirectory(folder, "spill-");
      started = new MergeProcess(DuckDbProcess.start(), spill);
      started.process.base().execute(MergeSql.instance(folder, spill, threads));
      prepared = true;
      return started;
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot start a process that merges", e);
    } catch (FailedStatementException e) {
      throw new IllegalStateException("Cannot prepare a process that merges", e);
    } finally {
      if (started != null && !prepared) {
        started.close();
      }
    }
  }

  void setLimits(long memoryBytes, long spillBytes) throws FailedStatementException, IOException {
    process.base().execute(MergeSql.limits(memoryBytes, spillBytes));
  }

  /** Runs a statement whose answer is one row of whole numbers. */
  List<Long> query(String sql) throws FailedStatementException, IOException {
    ProcessSession session = process.base();
    session.nextQuery();
    List<Long> numbers = new ArrayList<>();
    BufferAllocator own = allocator.newChildAllocator("merge", 0, Long.MAX_VALUE);
    try (ProcessAnswer answer = session.query(List.of(), sql, List.of(), own)) {
      while (answer.next()) {
        VectorSchemaRoot rows = answer.reader().getVectorSchemaRoot();
        for (int column = 0; rows.getRowCount() > 0 && column < answer.columns().size(); column++) {
          numbers.add(((BigIntVector) rows.getVector(column)).get(0));
        }
      }
    }
    return numbers;
  }

  /** How much of the statement that runs is done, from 0 to 1. */
  double progress() {
    double done = process.base().progress();
    return Double.isNaN(done) ? 0 : done;
  }

  long residentBytes() {
    return process.residentBytes().orElse(0);
  }

  /** Ends the process; what it runs fails. */
  void kill() {
    process.kill();
  }

  boolean hasEnded() {
    return process.hasEnded(0);
  }

  void idleFromNow() {
    idleSinceNanos = System.nanoTime();
  }

  boolean idleFor(long nanos) {
    return System.nanoTime() - idleSinceNanos >= nanos;
  }

  /** Ends the process and deletes what it has spilled. */
  @Override
  public void close() {
    process.close();
    allocator.close();
    try {
      Folders.delete(spill);
    } catch (IOException e) {
      log.warn("Cannot delete spill folder folder={}", spill, e);
    }
  }
}
