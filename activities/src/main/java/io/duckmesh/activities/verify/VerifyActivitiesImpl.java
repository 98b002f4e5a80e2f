package io.duckmesh.activities.verify;

import io.duckmesh.activities.ActivityFailures;
import io.duckmesh.bus.EventBus;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.FileRows;
import io.duckmesh.catalog.ShardId;
import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.StoredFile;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.VerifyFinding;
import io.duckmesh.catalog.VerifyFinding.Kind;
import io.duckmesh.catalog.VerifyRun;
import io.duckmesh.engine.objects.ObjectStore;
import io.duckmesh.workflows.verify.CheckResult;
import io.duckmesh.workflows.verify.FilesCheck;
import io.duckmesh.workflows.verify.FilesResult;
import io.duckmesh.workflows.verify.RunInput;
import io.duckmesh.workflows.verify.ShardCheck;
import io.duckmesh.workflows.verify.VerifyActivities;
import io.duckmesh.workflows.verify.VerifyPlan;
import io.duckmesh.workflows.verify.VerifyProgress;
import io.duckmesh.workflows.verify.VerifyResult;
import io.temporal.activity.Activity;
import io.temporal.activity.ActivityExecutionContext;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The steps of comparing, on the log, the catalog and the object store. Does not close what it was
 * given. Memory is bounded by a page of files and one buffer for each step that runs.
 */
public final class VerifyActivitiesImpl implements VerifyActivities {
  private static final Logger log = LoggerFactory.getLogger(VerifyActivitiesImpl.class);

  private static final int PAGE = 500;
  private static final Duration BEAT = Duration.ofSeconds(2);

  private final Catalog catalog;
  private final Clock clock;
  private final Duration slice;
  private final ShardCheckup shards;
  private final FileCheckup files;

  /** One reads as fast as a store gives; more would take from those who land and query. */
  private final Semaphore reading = new Semaphore(2);

  private volatile boolean stopping;

  /**
   * @param slice how long one step looks at files before it says how far it is; it looks at one
   *     file at least
   */
  public VerifyActivitiesImpl(
      Catalog catalog, EventBus bus, ObjectStore store, Clock clock, Duration slice) {
    this.catalog = catalog;
    this.clock = clock;
    this.slice = slice;
    this.shards = new ShardCheckup(catalog, bus);
    this.files = new FileCheckup(catalog, store);
  }

  /** Ends steps that look at files after the file at hand; another worker goes on from there. */
  public void stop() {
    stopping = true;
  }

  @Override
  public VerifyPlan plan(RunInput input) {
    return ActivityFailures.translating(
        "begin verify run " + input.runId(),
        () -> {
          TenantId tenant = new TenantId(input.tenant());
          VerifyRun run = catalog.verifications().begin(input.runId(), tenant);
          return new VerifyPlan(
              run.snapshot().value(),
              catalog.tenants().shards(tenant).stream().map(ShardId::value).toList());
        });
  }

  @Override
  public CheckResult checkShard(ShardCheck input) {
    return ActivityFailures.translating(
        "compare log and catalog of shard " + input.shard(),
        () -> {
          Beats beats = new Beats();
          String words = "comparing log and catalog of shard " + input.shard();
          return found(
              input.runId(), shards.check(new ShardId(input.shard()), () -> beats.beat(words)));
        });
  }

  @Override
  public CheckResult checkTables(RunInput input) {
    return ActivityFailures.translating(
        "compare rows of files of tenant " + input.tenant(),
        () ->
            found(
                input.runId(),
                catalog.accounts().fileRows(new TenantId(input.tenant())).stream()
                    .filter(table -> table.fileRows() != table.expected())
                    .map(VerifyActivitiesImpl::unequal)
                    .toList()));
  }

  private static VerifyFinding unequal(FileRows table) {
    return new VerifyFinding(
        Kind.CONSERVATION,
        table.name(),
        "The table's files have %d rows, but %d events count as visible"
            .formatted(table.fileRows(), table.expected()));
  }

  private CheckResult found(String runId, List<VerifyFinding> findings) {
    catalog.verifications().record(runId, findings);
    findings.forEach(
        finding ->
            log.warn(
                "Verify found run_id={} kind={} subject={} detail=\"{}\"",
                runId,
                finding.kind(),
                finding.subject(),
                finding.detail()));
    return new CheckResult(findings.size());
  }

  @Override
  public FilesResult checkFiles(FilesCheck input) {
    return ActivityFailures.translating(
        "read files of tenant " + input.tenant(), () -> readFiles(input));
  }

  private FilesResult readFiles(FilesCheck input) {
    Beats beats = new Beats();
    // Where the attempt before this one had come to, if there was one.
    VerifyProgress progress = beats.last().map(FilesBeat::progress).orElse(input.progress());
    try {
      while (!reading.tryAcquire(BEAT.toMillis(), TimeUnit.MILLISECONDS)) {
        if (stopping) {
          return new FilesResult(progress, false);
        }
        beats.beat(progress);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw ActivityFailures.workerDraining();
    }
    try {
      return readFiles(input, beats, progress);
    } finally {
      reading.release();
    }
  }

  private FilesResult readFiles(FilesCheck input, Beats beats, VerifyProgress begun) {
    VerifyProgress progress = begun;
    Instant end = clock.instant().plus(slice);
    while (true) {
      List<StoredFile> page =
          catalog
              .verifications()
              .files(
                  new TenantId(input.tenant()),
                  new SnapshotId(progress.snapshotId()),
                  progress.after(),
                  PAGE);
      boolean over = false;
      for (StoredFile file : page) {
        VerifyProgress reached = progress;
        Optional<VerifyFinding> finding = files.check(file, () -> beats.beat(reached));
        if (finding.isPresent()) {
          // Before the progress says that the file was looked at: an attempt that dies in between
          // looks again.
          found(input.runId(), List.of(finding.get()));
        }
        progress =
            new VerifyProgress(
                progress.snapshotId(),
                file.objectKey(),
                progress.shards(),
                progress.files() + 1,
                progress.bytes() + file.sizeBytes(),
                progress.findings() + (finding.isPresent() ? 1 : 0));
        over = stopping || !clock.instant().isBefore(end);
        if (over) {
          break;
        }
      }
      catalog
          .verifications()
          .advance(input.runId(), progress.shards(), progress.files(), progress.bytes());
      beats.beat(progress);
      boolean done = !over && page.size() < PAGE;
      if (done || over) {
        return new FilesResult(progress, done);
      }
    }
  }

  @Override
  public VerifyResult record(RunInput input) {
    return ActivityFailures.translating(
        "record verify run " + input.runId(),
        () -> {
          VerifyRun run = catalog.verifications().finish(input.runId());
          Instant finishedAt = run.finishedAt() == null ? clock.instant() : run.finishedAt();
          VerifyResult result =
              new VerifyResult(
                  run.runId(),
                  run.state().name().toLowerCase(Locale.ROOT),
                  run.snapshot().value(),
                  run.shards(),
                  run.files(),
                  run.bytes(),
                  run.findings(),
                  Duration.between(run.startedAt(), finishedAt).toMillis());
          log.info(
              "Verify finished run_id={} tenant={} state={} files={} findings={}",
              result.runId(),
              input.tenant(),
              result.state(),
              result.files(),
              result.findings());
          return result;
        });
  }

  /** A beat in words, with what the next attempt goes on from. */
  record FilesBeat(String words, VerifyProgress progress) {}

  /** Tells the server now and then that the step lives. */
  private static final class Beats {
    private final ActivityExecutionContext context = Activity.getExecutionContext();
    private long beatenNanos = System.nanoTime();

    Optional<FilesBeat> last() {
      return context.getHeartbeatDetails(FilesBeat.class);
    }

    void beat(String words) {
      if (isDue()) {
        context.heartbeat(words);
      }
    }

    void beat(VerifyProgress progress) {
      if (isDue()) {
        context.heartbeat(
            new FilesBeat(
                String.format(
                    Locale.ROOT,
                    "read %,d files, %,d bytes, %,d findings",
                    progress.files(),
                    progress.bytes(),
                    progress.findings()),
                progress));
      }
    }

    private boolean isDue() {
      if (System.nanoTime() - beatenNanos < BEAT.toNanos()) {
        return false;
      }
      beatenNanos = System.nanoTime();
      return true;
    }
  }
}
