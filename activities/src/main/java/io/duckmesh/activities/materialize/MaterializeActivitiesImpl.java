package io.duckmesh.activities.materialize;

import io.duckmesh.activities.ActivityFailures;
import io.duckmesh.activities.Progress;
import io.duckmesh.activities.StopSignal;
import io.duckmesh.activities.TableSchemas;
import io.duckmesh.activities.Ticker;
import io.duckmesh.bus.Batch;
import io.duckmesh.bus.BatchId;
import io.duckmesh.bus.BusUnavailableException;
import io.duckmesh.bus.ConsumerId;
import io.duckmesh.bus.EventBus;
import io.duckmesh.bus.LeaseLostException;
import io.duckmesh.bus.Position;
import io.duckmesh.bus.ShardId;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.Commit;
import io.duckmesh.catalog.CommitConflictException;
import io.duckmesh.catalog.WriteId;
import io.duckmesh.engine.objects.ObjectStore;
import io.duckmesh.engine.parquet.DataFileWriter;
import io.duckmesh.workflows.materialize.ClaimResult;
import io.duckmesh.workflows.materialize.ClaimedBatch;
import io.duckmesh.workflows.materialize.CommitInput;
import io.duckmesh.workflows.materialize.CommitResult;
import io.duckmesh.workflows.materialize.MaterializeActivities;
import io.duckmesh.workflows.materialize.ShardInput;
import io.duckmesh.workflows.materialize.WriteResult;
import io.micrometer.core.instrument.MeterRegistry;
import io.temporal.activity.Activity;
import io.temporal.activity.ActivityExecutionContext;
import io.temporal.activity.ActivityInfo;
import io.temporal.client.ActivityCompletionException;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.arrow.memory.BufferAllocator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The steps of landing a batch, on the log, the catalog and the object store. Does not close what
 * it was given.
 */
public final class MaterializeActivitiesImpl implements MaterializeActivities, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(MaterializeActivitiesImpl.class);

  /** The attempt at which a commit that fails without a word of the catalog is given up. */
  private static final int HOPELESS_ATTEMPT = 3;

  private final Catalog catalog;
  private final EventBus bus;
  private final MaterializeSettings settings;
  private final Clock clock;
  private final MaterializeMetrics metrics;
  private final BatchClaimer claimer;
  private final BatchWriter writer;
  private final DataFiles dataFiles;
  private final Ticker ticker = new Ticker();
  private final Drain drain = new Drain();
  private final LandingListener listener;
  private final Supplier<ActivityExecutionContext> context;
  private final String worker;

  /**
   * @param allocator where decoded rows live; its owner closes it after this
   * @param ids random ids for object keys and this worker
   * @param listener hears of each batch that has landed
   */
  public MaterializeActivitiesImpl(
      Catalog catalog,
      EventBus bus,
      ObjectStore store,
      MaterializeSettings settings,
      Clock clock,
      MeterRegistry registry,
      BufferAllocator allocator,
      Supplier<UUID> ids,
      LandingListener listener) {
    this(
        catalog,
        bus,
        store,
        settings,
        clock,
        registry,
        allocator,
        ids,
        listener,
        DataFileWriter::write,
        Activity::getExecutionContext);
  }

  /**
   * @param format how rows become the bytes of a file
   * @param context the attempt under way on the calling thread
   */
  MaterializeActivitiesImpl(
      Catalog catalog,
      EventBus bus,
      ObjectStore store,
      MaterializeSettings settings,
      Clock clock,
      MeterRegistry registry,
      BufferAllocator allocator,
      Supplier<UUID> ids,
      LandingListener listener,
      DataFiles.Format format,
      Supplier<ActivityExecutionContext> context) {
    this.catalog = catalog;
    this.bus = bus;
    this.settings = settings;
    this.clock = clock;
    this.metrics = new MaterializeMetrics(registry);
    this.claimer = new BatchClaimer(catalog, bus, settings, clock);
    this.dataFiles = new DataFiles(catalog, store, ids, format, settings.writers());
    this.writer =
        new BatchWriter(catalog, bus, new TableSchemas(catalog), dataFiles, settings, allocator);
    this.listener = listener;
    this.context = context;
    this.worker = "materializer-" + ids.get();
  }

  @Override
  public ClaimResult claim(ShardInput input) {
    ShardId shard = new ShardId(input.shard());
    return step(
        "claim a batch of shard " + shard,
        () -> {
          long started = clock.millis();
          Optional<Batch> batch = awaitBatch(shard);
          return new ClaimResult(
              batch.map(MaterializeActivitiesImpl::toPayload).orElse(null),
              clock.millis() - started);
        });
  }

  @Override
  public WriteResult write(ClaimedBatch batch) {
    return step(
        "write positions %d to %d of shard %s"
            .formatted(batch.after() + 1, batch.upTo(), batch.shard()),
        () -> {
          long started = clock.millis();
          try {
            BatchWriter.Written written = writeLeased(batch);
            long took = clock.millis() - started;
            metrics.written(batch.shard(), Duration.ofMillis(took));
            return new WriteResult(
                WriteResult.PREPARED,
                written.write().value(),
                written.files(),
                written.visible(),
                written.duplicates(),
                written.quarantined(),
                written.tables(),
                null,
                took);
          } catch (BatchLostException e) {
            log.warn("Batch lost shard={} reason={}", batch.shard(), e.getMessage());
            metrics.lost(batch.shard());
            release(batch);
            return WriteResult.lost(String.valueOf(e.getMessage()), clock.millis() - started);
          } catch (ActivityCompletionException e) {
            // Nobody will go on with the batch: the run was cancelled, or has ended.
            release(batch);
            throw e;
          }
        });
  }

  @Override
  public CommitResult commit(CommitInput input) {
    ClaimedBatch batch = input.batch();
    WriteId write = new WriteId(input.writeId());
    return step(
        "commit positions %d to %d of shard %s"
            .formatted(batch.after() + 1, batch.upTo(), batch.shard()),
        () -> {
          long started = clock.millis();
          Progress progress =
              new Progress(
                  "committing positions %d to %d".formatted(batch.after() + 1, batch.upTo()));
          try (Ticker.Ticking beats = beat(progress, ended -> {})) {
            Commit commit = catalog.writes().commit(write);
            long took = clock.millis() - started;
            // The catalog counts by table; what names no table it knows is counted by the write.
            long quarantined =
                input.quarantined() == null ? commit.quarantined() : input.quarantined();
            metrics.committed(batch.shard(), commit, quarantined, Duration.ofMillis(took));
            acknowledge(batch);
            listener.landed(commit.snapshot().tenant());
            return new CommitResult(
                CommitResult.COMMITTED,
                commit.snapshot().id().value(),
                commit.visible(),
                commit.duplicates(),
                quarantined,
                null,
                took);
          } catch (CommitConflictException e) {
            log.warn(
                "Commit lost shard={} write_id={} reason={}", batch.shard(), write, e.getMessage());
            return giveUp(batch, write, e, started);
          } catch (RuntimeException e) {
            // A write that nobody can commit, for example since the catalog was restored to a time
            // before it, must not hold up the shard. The batch is simply written again; if it has
            // landed after all, the next claim sees so.
            if (ActivityFailures.isInfrastructure(e) || attempt() < HOPELESS_ATTEMPT) {
              throw e;
            }
            log.error("Write cannot be committed shard={} write_id={}", batch.shard(), write, e);
            return giveUp(batch, write, e, started);
          }
        });
  }

  @Override
  public void requestFlush(ShardInput input) {
    ShardId shard = new ShardId(input.shard());
    ActivityFailures.translating(
        "request a flush of shard " + shard,
        () -> {
          bus.requestFlush(shard, bus.head(shard));
          return shard;
        });
  }

  /** Ends waits for events at once, and refuses to begin new ones; other steps go on. */
  public void stopClaiming() {
    drain.stopWaiting();
  }

  /**
   * Waits until no step is running and none follows.
   *
   * @return false if the time was over before
   */
  public boolean awaitQuiet(Duration timeout) throws InterruptedException {
    return drain.awaitQuiet(Duration.ofMillis(250), timeout);
  }

  /** Ends the threads of this object. */
  @Override
  public void close() {
    drain.stopWaiting();
    ticker.close();
    dataFiles.close();
  }

  private Optional<Batch> awaitBatch(ShardId shard) {
    Progress progress = new Progress("looking where the shard stands");
    AtomicReference<ActivityCompletionException> cancelled = new AtomicReference<>();
    try (Drain.Wait wait = drain.beginWait();
        Ticker.Ticking beats =
            beat(
                progress,
                ended -> {
                  cancelled.set(ended);
                  wait.interrupt();
                })) {
      try {
        return claimer.claim(shard, consumer(), progress);
      } catch (InterruptedException e) {
        ActivityCompletionException ended = cancelled.get();
        if (ended != null) {
          throw ended;
        }
        if (!wait.interrupted()) {
          Thread.currentThread().interrupt();
        }
        throw ActivityFailures.workerDraining();
      }
    }
  }

  private BatchWriter.Written writeLeased(ClaimedBatch batch) {
    int attempt = attempt();
    StopSignal stop = new StopSignal();
    Progress progress =
        new Progress("reading positions %d to %d".formatted(batch.after() + 1, batch.upTo()));
    if (attempt > 1) {
      // The claim has just begun at the first attempt, and may have ended by any other.
      extendLease(batch);
    }
    try (Ticker.Ticking beats = beat(progress, stop::stop);
        Ticker.Ticking leases = ticker.every(settings.beat(), () -> extendLease(batch, stop))) {
      return writer.write(batch, attempt, consumer().value(), stop, progress);
    }
  }

  private void extendLease(ClaimedBatch batch, StopSignal stop) {
    try {
      extendLease(batch);
    } catch (BatchLostException e) {
      stop.stop(e);
    } catch (BusUnavailableException e) {
      log.warn("Lease not extended shard={} reason={}", batch.shard(), e.getMessage());
    }
  }

  private void extendLease(ClaimedBatch batch) {
    try {
      bus.extendLease(batchId(batch), settings.lease());
    } catch (LeaseLostException e) {
      throw new BatchLostException(e.getMessage(), e);
    }
  }

  /** What the catalog has committed is acknowledged again by the next claim if this is lost. */
  private void acknowledge(ClaimedBatch batch) {
    try {
      bus.ack(new ShardId(batch.shard()), new Position(batch.upTo()));
    } catch (BusUnavailableException e) {
      log.warn(
          "Acknowledgement lost shard={} up_to={} reason={}",
          batch.shard(),
          batch.upTo(),
          e.getMessage());
    }
  }

  private CommitResult giveUp(
      ClaimedBatch batch, WriteId write, RuntimeException reason, long started) {
    metrics.lost(batch.shard());
    writer.abandon(write);
    release(batch);
    return CommitResult.conflict(String.valueOf(reason.getMessage()), clock.millis() - started);
  }

  private int attempt() {
    return context.get().getInfo().getAttempt();
  }

  /** So that the next claim need not wait for the lease to end. */
  private void release(ClaimedBatch batch) {
    try {
      bus.release(batchId(batch));
    } catch (BusUnavailableException e) {
      log.warn("Lease not released shard={} reason={}", batch.shard(), e.getMessage());
    }
  }

  private Ticker.Ticking beat(Progress progress, Consumer<ActivityCompletionException> onEnd) {
    ActivityExecutionContext attempt = context.get();
    return ticker.every(
        settings.beat(),
        () -> {
          try {
            attempt.heartbeat(progress.toString());
          } catch (ActivityCompletionException e) {
            onEnd.accept(e);
          }
        });
  }

  private <T> T step(String name, Supplier<T> body) {
    try (Drain.Running running = drain.begin()) {
      return ActivityFailures.translating(name, body);
    }
  }

  /** Unique for this attempt, so that no other one's claim is taken for its own. */
  private ConsumerId consumer() {
    ActivityInfo info = context.get().getInfo();
    return new ConsumerId(
        "%s/%s/%s/%d"
            .formatted(worker, info.getWorkflowRunId(), info.getActivityId(), info.getAttempt()));
  }

  private static BatchId batchId(ClaimedBatch batch) {
    return new BatchId(new ShardId(batch.shard()), batch.claim());
  }

  private static ClaimedBatch toPayload(Batch batch) {
    return new ClaimedBatch(
        batch.id().shard().value(),
        batch.id().claim(),
        batch.after().value(),
        batch.upTo().value(),
        batch.segmentCount(),
        batch.rowCount(),
        batch.sizeBytes());
  }
}
