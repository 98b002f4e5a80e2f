package io.duckmesh.activities.materialize;

import io.duckmesh.activities.Progress;
import io.duckmesh.activities.StopSignal;
import io.duckmesh.activities.TableSchemas;
import io.duckmesh.bus.EventBus;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.CatalogUnavailableException;
import io.duckmesh.catalog.CommitConflictException;
import io.duckmesh.catalog.ShardId;
import io.duckmesh.catalog.WriteId;
import io.duckmesh.workflows.materialize.ClaimedBatch;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.arrow.memory.BufferAllocator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns a batch of the log into a prepared write: reads it in log order, leaves out what has landed
 * before, and writes the rest as data files.
 */
final class BatchWriter {
  private static final Logger log = LoggerFactory.getLogger(BatchWriter.class);

  /**
   * The attempt from which a failure over rows is blamed on a segment. A segment fails every time;
   * what failed twice and was something else, such as a worker being stopped, has passed by then.
   */
  private static final int BLAMING_ATTEMPT = 3;

  private final Catalog catalog;
  private final EventBus bus;
  private final TableSchemas schemas;
  private final DataFiles dataFiles;
  private final MaterializeSettings settings;
  private final BufferAllocator allocator;
  private final AtomicInteger running = new AtomicInteger();

  BatchWriter(
      Catalog catalog,
      EventBus bus,
      TableSchemas schemas,
      DataFiles dataFiles,
      MaterializeSettings settings,
      BufferAllocator allocator) {
    this.catalog = catalog;
    this.bus = bus;
    this.schemas = schemas;
    this.dataFiles = dataFiles;
    this.settings = settings;
    this.allocator = allocator;
  }

  /** A write that waits to be committed. */
  record Written(
      WriteId write,
      int files,
      long visible,
      long duplicates,
      long quarantined,
      List<String> tables) {}

  /**
   * Writes the batch.
   *
   * @param attempt how often the step has been tried, this time included
   * @param progress is told in words how far it is
   * @throws BatchLostException if the batch has landed, or its lease is lost
   */
  Written write(ClaimedBatch batch, int attempt, String owner, StopSignal stop, Progress progress) {
    running.incrementAndGet();
    try {
      // Ends: each round but the last moves at least one more segment to quarantine.
      while (true) {
        stop.check();
        WriteId write = begin(batch, owner);
        boolean prepared = false;
        try (BatchPass pass = pass(batch, write, attempt, stop, progress)) {
          Optional<Written> written = pass.run();
          if (written.isPresent()) {
            prepared = true;
            return written.get();
          }
        } finally {
          if (!prepared) {
            abandon(write);
          }
        }
      }
    } finally {
      running.decrementAndGet();
    }
  }

  private BatchPass pass(
      ClaimedBatch batch, WriteId write, int attempt, StopSignal stop, Progress progress) {
    boolean blaming = attempt >= BLAMING_ATTEMPT;
    return new BatchPass(
        catalog,
        bus,
        schemas,
        dataFiles,
        allocator.newChildAllocator("write " + write, 0, Long.MAX_VALUE),
        new BatchPass.Order(batch, write, blaming, settings, running::get, stop, progress));
  }

  private WriteId begin(ClaimedBatch batch, String owner) {
    try {
      return catalog.writes().begin(new ShardId(batch.shard()), batch.after(), batch.upTo(), owner);
    } catch (CommitConflictException e) {
      throw new BatchLostException(e.getMessage(), e);
    }
  }

  /** Gives the write up; its files are left to collection. */
  void abandon(WriteId write) {
    try {
      catalog.writes().abandon(write);
    } catch (CatalogUnavailableException e) {
      log.warn("Write stays pending until collection finds it write_id={}", write, e);
    }
  }
}
