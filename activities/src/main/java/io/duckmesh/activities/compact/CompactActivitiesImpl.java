package io.duckmesh.activities.compact;

import io.duckmesh.activities.ActivityFailures;
import io.duckmesh.activities.Progress;
import io.duckmesh.activities.Steps;
import io.duckmesh.activities.StopSignal;
import io.duckmesh.activities.UpkeepMetrics;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.CommitConflictException;
import io.duckmesh.catalog.DataFile;
import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.TableInfo;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.compaction.CompactionPlan;
import io.duckmesh.catalog.compaction.CompactionPlanner;
import io.duckmesh.catalog.compaction.FileGroup;
import io.duckmesh.catalog.upkeep.Rewrite;
import io.duckmesh.catalog.upkeep.RewriteCommit;
import io.duckmesh.catalog.upkeep.RewriteId;
import io.duckmesh.catalog.upkeep.RunCounts;
import io.duckmesh.catalog.upkeep.RunDraft;
import io.duckmesh.catalog.upkeep.TablePolicy;
import io.duckmesh.catalog.upkeep.Upkeep;
import io.duckmesh.catalog.upkeep.UpkeepJob;
import io.duckmesh.catalog.upkeep.UpkeepRun;
import io.duckmesh.engine.merge.FileMerger;
import io.duckmesh.engine.merge.MergeCancelledException;
import io.duckmesh.engine.merge.MergeLimitException;
import io.duckmesh.engine.objects.CorruptObjectException;
import io.duckmesh.engine.objects.ObjectNotFoundException;
import io.duckmesh.engine.objects.ObjectStore;
import io.duckmesh.workflows.FailureTypes;
import io.duckmesh.workflows.compact.CompactActivities;
import io.duckmesh.workflows.compact.CompactEnding;
import io.duckmesh.workflows.compact.CompactPlan;
import io.duckmesh.workflows.compact.CompactProgress;
import io.duckmesh.workflows.compact.CompactResult;
import io.duckmesh.workflows.compact.CompactStep;
import io.duckmesh.workflows.compact.GroupInput;
import io.duckmesh.workflows.compact.PlannedGroup;
import io.duckmesh.workflows.compact.PublishResult;
import io.duckmesh.workflows.compact.RewriteResult;
import io.micrometer.core.instrument.MeterRegistry;
import io.temporal.failure.ApplicationFailure;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The steps of merging, on the catalog, the engine and the object store. Does not close what it was
 * given.
 */
public final class CompactActivitiesImpl implements CompactActivities {
  private static final Logger log = LoggerFactory.getLogger(CompactActivitiesImpl.class);

  /** Who waits holds a place of its queue; so many leave places to others. */
  private static final int MOST_WAITING = 32;

  private static final Duration LOOK_INTERVAL = Duration.ofMillis(250);

  private final Catalog catalog;
  private final Upkeep upkeep;
  private final CompactSettings settings;
  private final Clock clock;
  private final UpkeepMetrics metrics;
  private final GroupRewriter rewriter;
  private final Steps steps;
  private final Semaphore waiting = new Semaphore(MOST_WAITING);

  /**
   * @param store where merged files are written; also what {@code merger} reads
   * @param merger is asked for with the first rewrite, which only workers of its queue get
   * @param steps that the worker stops; not closed with this
   * @param ids random ids for object keys
   */
  public CompactActivitiesImpl(
      Catalog catalog,
      Upkeep upkeep,
      ObjectStore store,
      Supplier<FileMerger> merger,
      CompactSettings settings,
      Clock clock,
      MeterRegistry registry,
      Steps steps,
      Supplier<UUID> ids) {
    this.catalog = catalog;
    this.upkeep = upkeep;
    this.settings = settings;
    this.clock = clock;
    this.metrics = new UpkeepMetrics(registry);
    this.rewriter =
        new GroupRewriter(catalog, upkeep, store, merger, settings.memoryBytes(), clock, ids);
    this.steps = steps;
  }

  @Override
  public CompactPlan plan(CompactStep input) {
    Progress progress = new Progress("looking for files to merge");
    return steps.run(
        "plan merging of table " + input.tableId(),
        progress::toString,
        stop -> {
          UpkeepRun run = upkeep.runs().begin(draft(input));
          if (run.state() != UpkeepRun.State.RUNNING) {
            return nothing(0, "Another run of the table has begun since");
          }
          if (!input.progress().equals(CompactProgress.NONE)) {
            upkeep.runs().advance(input.runId(), counts(input.progress()), null);
          }
          return plan(input, progress, stop);
        });
  }

  private CompactPlan plan(CompactStep input, Progress progress, StopSignal stop) {
    TableId id = table(input);
    long end = System.nanoTime() + Duration.ofMillis(input.waitMillis()).toNanos();
    boolean mayWait = input.waitMillis() > 0 && waiting.tryAcquire();
    try {
      SnapshotId planned = null;
      long files = 0;
      while (true) {
        Optional<TableInfo> found = catalog.tables().find(id).filter(table -> !table.dropped());
        if (found.isEmpty()) {
          return nothing(0, "There is no such table any more");
        }
        TableInfo table = found.get();
        TablePolicy policy = upkeep.policies().effective(id);
        Optional<String> closed = input.byHand() ? Optional.empty() : closed(policy);
        if (closed.isPresent()) {
          return nothing(files, closed.get());
        }
        // Before the files: what changes while they are read is looked at once more.
        Optional<SnapshotId> changedIn =
            catalog
                .snapshots()
                .changedIn(
                    table.tenant(), catalog.snapshots().newest(table.tenant()).id(), table.name());
        if (changedIn.isPresent() && !changedIn.get().equals(planned)) {
          planned = changedIn.get();
          CompactionPlan plan = planner(policy).plan(upkeep.rewrites(), id, mostGroups(input));
          files = plan.files();
          if (!plan.groups().isEmpty()) {
            return begin(input, plan);
          }
          if (!input.dryRun()) {
            upkeep.rewrites().nothingLeft(id, planned);
          }
        }
        if (!mayWait || System.nanoTime() >= end) {
          return nothing(files, "None of the table's %,d files are to be merged".formatted(files));
        }
        progress.words("waiting for files to merge, %,d files stay as they are", files);
        stop.pause(LOOK_INTERVAL);
      }
    } finally {
      if (mayWait) {
        waiting.release();
      }
    }
  }

  private CompactPlan begin(CompactStep input, CompactionPlan plan) {
    List<FileGroup> groups = plan.groups();
    List<RewriteId> ids =
        input.dryRun()
            ? List.of()
            : upkeep
                .rewrites()
                .begin(input.runId(), table(input), groups.stream().map(FileGroup::draft).toList());
    List<PlannedGroup> planned = new ArrayList<>();
    for (int i = 0; i < groups.size(); i++) {
      FileGroup group = groups.get(i);
      planned.add(
          new PlannedGroup(
              input.dryRun() ? 0 : ids.get(i).value(),
              group.files().size(),
              group.rowCount(),
              group.sizeBytes()));
    }
    upkeep
        .runs()
        .advance(
            input.runId(),
            input.dryRun() ? counts(planned) : counts(input.progress()),
            words(planned, plan));
    return new CompactPlan(planned, plan.files(), null);
  }

  private static String words(List<PlannedGroup> groups, CompactionPlan plan) {
    return "Merge %s%,d groups of %,d files with %,d rows and %,d bytes"
        .formatted(
            plan.complete() ? "" : "first ",
            groups.size(),
            groups.stream().mapToLong(PlannedGroup::files).sum(),
            groups.stream().mapToLong(PlannedGroup::rows).sum(),
            groups.stream().mapToLong(PlannedGroup::bytes).sum());
  }

  /** Why nothing is merged now; empty if it is. */
  private Optional<String> closed(TablePolicy policy) {
    if (!policy.compact()) {
      return Optional.of("The table's policy does not want its files merged");
    }
    return policy.isOpen(clock.instant())
        ? Optional.empty()
        : Optional.of("The table's window is closed: it is open from " + policy.window());
  }

  private CompactionPlanner planner(TablePolicy policy) {
    return new CompactionPlanner(settings.planning().withTargetFileBytes(policy.targetFileBytes()));
  }

  private static int mostGroups(CompactStep input) {
    return input.dryRun() ? CompactPlan.MOST_SHOWN : CompactPlan.MOST_GROUPS;
  }

  private static CompactPlan nothing(long files, String reason) {
    return new CompactPlan(List.of(), files, reason);
  }

  @Override
  public RewriteResult rewrite(GroupInput input) {
    Progress progress = new Progress("reading rewrite " + input.rewriteId());
    return steps.run(
        "rewrite group " + input.rewriteId(),
        progress::toString,
        stop -> rewrite(input, progress, stop));
  }

  private RewriteResult rewrite(GroupInput input, Progress progress, StopSignal stop) {
    long began = clock.millis();
    RewriteId id = new RewriteId(input.rewriteId());
    Optional<Rewrite> found = find(id);
    if (found.isEmpty()) {
      return new RewriteResult(
          id.value(), true, 0, 0, 0, clock.millis() - began, "There is no such rewrite any more");
    }
    Rewrite rewrite = found.get();
    if (rewrite.state() != Rewrite.State.PLANNED) {
      return settled(rewrite, began);
    }
    stop.check();
    try {
      DataFile output = rewriter.rewrite(rewrite, progress, stop).output();
      Duration took = Duration.ofMillis(clock.millis() - began);
      metrics.rewritten(
          kind(rewrite),
          rewrite.inputs().stream().mapToLong(DataFile::sizeBytes).sum(),
          output == null ? 0 : output.sizeBytes(),
          took);
      return new RewriteResult(
          id.value(),
          false,
          output == null ? 0 : 1,
          output == null ? 0 : output.rowCount(),
          output == null ? 0 : output.sizeBytes(),
          took.toMillis(),
          null);
    } catch (CommitConflictException e) {
      return lost(rewrite, String.valueOf(e.getMessage()), began);
    } catch (IllegalStateException e) {
      // Another attempt was faster, unless it is something else that does not fit.
      Rewrite now = upkeep.rewrites().load(id);
      if (now.state() == Rewrite.State.PLANNED) {
        throw e;
      }
      return settled(now, began);
    } catch (MergeCancelledException e) {
      stop.check();
      throw ActivityFailures.workerDraining();
    } catch (ObjectNotFoundException | CorruptObjectException e) {
      Rewrite now = upkeep.rewrites().load(id);
      if (now.state() != Rewrite.State.PLANNED || now.inputs().size() < now.inputCount()) {
        // The file is no part of the table any more, so nothing is wrong with it.
        upkeep.rewrites().abandon(id);
        return lost(rewrite, "A file of it lives no more", began);
      }
      throw impossible(
          rewrite,
          FailureTypes.FILE_DAMAGED,
          "%s. Put it back from a backup, or restore the table to a snapshot without it; duckmesh verify names all damaged files"
              .formatted(damage(e)),
          e);
    } catch (MergeLimitException | IllegalArgumentException e) {
      throw impossible(rewrite, FailureTypes.REWRITE_IMPOSSIBLE, String.valueOf(e.getMessage()), e);
    }
  }

  /** Empty if the catalog is that of an earlier time, or has forgotten it since it is over. */
  private Optional<Rewrite> find(RewriteId id) {
    try {
      return Optional.of(upkeep.rewrites().load(id));
    } catch (IllegalArgumentException e) {
      log.warn("Rewrite not found rewrite_id={}", id);
      return Optional.empty();
    }
  }

  /** Nothing is left to do for an attempt that comes later than another one. */
  private RewriteResult settled(Rewrite rewrite, long began) {
    return rewrite.state() == Rewrite.State.OVER
        ? lost(rewrite, "It was given up, or others were faster", began)
        : new RewriteResult(
            rewrite.id().value(), false, 1, rewrite.inputRows(), 0, clock.millis() - began, null);
  }

  private RewriteResult lost(Rewrite rewrite, String reason, long began) {
    log.info(
        "Rewrite lost tenant={} table={} rewrite_id={} reason=\"{}\"",
        rewrite.tenant(),
        rewrite.table(),
        rewrite.id(),
        reason);
    metrics.conflicted(kind(rewrite));
    return new RewriteResult(rewrite.id().value(), true, 0, 0, 0, clock.millis() - began, reason);
  }

  /** Short enough to stand in a run's outcome: the hashes are in the log. */
  private static String damage(RuntimeException e) {
    String message = String.valueOf(e.getMessage());
    int hash = message.indexOf(" has hash ");
    return hash < 0 ? message : message.substring(0, hash) + " has other bytes than were published";
  }

  private ApplicationFailure impossible(
      Rewrite rewrite, String type, String reason, RuntimeException cause) {
    metrics.failed(kind(rewrite));
    log.warn(
        "Rewrite failed tenant={} table={} rewrite_id={} files={} type={} reason=\"{}\" cause=\"{}\"",
        rewrite.tenant(),
        rewrite.table(),
        rewrite.id(),
        rewrite.inputCount(),
        type,
        reason,
        cause.getMessage());
    upkeep.rewrites().abandon(rewrite.id());
    return ApplicationFailure.newNonRetryableFailureWithCause(reason, type, cause);
  }

  @Override
  public PublishResult publish(GroupInput input) {
    RewriteId id = new RewriteId(input.rewriteId());
    return steps.run(
        "publish group " + id,
        () -> "publishing rewrite " + id,
        stop -> {
          Optional<Rewrite> found = find(id);
          if (found.isEmpty()) {
            return PublishResult.conflict("There is no such rewrite any more");
          }
          Rewrite rewrite = found.get();
          try {
            RewriteCommit commit = upkeep.rewrites().publish(id);
            metrics.published(kind(rewrite), commit.filesIn(), commit.filesOut(), commit.rowsIn());
            log.info(
                "Rewrite published tenant={} table={} rewrite_id={} kind={} snapshot={} files_in={} files_out={} rows_in={} rows_out={}",
                rewrite.tenant(),
                rewrite.table(),
                id,
                kind(rewrite),
                commit.snapshot().id(),
                commit.filesIn(),
                commit.filesOut(),
                commit.rowsIn(),
                commit.rowsOut());
            return new PublishResult(
                true,
                commit.snapshot().id().value(),
                commit.filesIn(),
                commit.rowsIn(),
                commit.filesOut(),
                commit.rowsOut(),
                null);
          } catch (CommitConflictException e) {
            return conflict(rewrite, String.valueOf(e.getMessage()));
          } catch (IllegalStateException e) {
            // Not prepared, though it was: the catalog is that of an earlier time.
            upkeep.rewrites().abandon(id);
            return conflict(rewrite, String.valueOf(e.getMessage()));
          }
        });
  }

  private PublishResult conflict(Rewrite rewrite, String reason) {
    log.info(
        "Rewrite not published tenant={} table={} rewrite_id={} reason=\"{}\"",
        rewrite.tenant(),
        rewrite.table(),
        rewrite.id(),
        reason);
    metrics.conflicted(kind(rewrite));
    return PublishResult.conflict(reason);
  }

  @Override
  public CompactResult record(CompactEnding input) {
    return steps.run(
        "record run " + input.run().runId(),
        () -> "recording the run",
        stop -> {
          CompactProgress progress = input.run().progress();
          var begun = upkeep.runs().begin(draft(input.run()));
          RunCounts counts = input.run().dryRun() ? begun.counts() : counts(progress);
          UpkeepRun run =
              upkeep
                  .runs()
                  .finish(
                      input.run().runId(), state(input.outcome()), counts, outcome(input.reason()));
          String outcome = run.state().name().toLowerCase(Locale.ROOT);
          Instant finishedAt = run.finishedAt() == null ? clock.instant() : run.finishedAt();
          metrics.ended("compact", outcome);
          log.info(
              "Run finished job=compact run_id={} tenant={} table={} outcome={} rounds={} groups={} conflicts={} failures={} files_in={} files_out={} rows={} reason=\"{}\"",
              input.run().runId(),
              input.run().tenant(),
              input.run().tableId(),
              outcome,
              progress.rounds(),
              progress.groups(),
              progress.conflicts(),
              progress.failures(),
              progress.filesIn(),
              progress.filesOut(),
              progress.rows(),
              outcome(input.reason()));
          return new CompactResult(
              input.run().runId(),
              outcome,
              input.reason(),
              progress,
              null,
              Duration.between(run.startedAt(), finishedAt).toMillis());
        });
  }

  private static UpkeepRun.State state(String outcome) {
    return outcome.equals("succeeded") ? UpkeepRun.State.SUCCEEDED : UpkeepRun.State.FAILED;
  }

  private static String outcome(@Nullable String reason) {
    return reason == null ? "Everything was done" : reason;
  }

  private static RunDraft draft(CompactStep step) {
    return new RunDraft(
        step.runId(),
        UpkeepJob.COMPACT,
        new TenantId(step.tenant()),
        table(step),
        step.dryRun(),
        Steps.workflowId(),
        step.byHand() ? "hand" : "schedule");
  }

  private static TableId table(CompactStep step) {
    return new TableId(UUID.fromString(step.tableId()));
  }

  private static RunCounts counts(CompactProgress progress) {
    return new RunCounts(
        progress.groups(),
        progress.conflicts(),
        progress.filesIn(),
        progress.filesOut(),
        progress.rows(),
        progress.bytesIn(),
        progress.bytesOut(),
        progress.failures());
  }

  /** What a dry run would do. */
  private static RunCounts counts(List<PlannedGroup> groups) {
    return new RunCounts(
        groups.size(),
        0,
        groups.stream().mapToLong(PlannedGroup::files).sum(),
        groups.size(),
        groups.stream().mapToLong(PlannedGroup::rows).sum(),
        groups.stream().mapToLong(PlannedGroup::bytes).sum(),
        0,
        0);
  }

  private static String kind(Rewrite rewrite) {
    return rewrite.kind().name().toLowerCase(Locale.ROOT);
  }
}
