package io.duckmesh.activities.expire;

import io.duckmesh.activities.Progress;
import io.duckmesh.activities.Steps;
import io.duckmesh.activities.StopSignal;
import io.duckmesh.activities.UpkeepMetrics;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.upkeep.ExpiryPlan;
import io.duckmesh.catalog.upkeep.RunCounts;
import io.duckmesh.catalog.upkeep.RunDraft;
import io.duckmesh.catalog.upkeep.Upkeep;
import io.duckmesh.catalog.upkeep.UpkeepJob;
import io.duckmesh.catalog.upkeep.UpkeepRun;
import io.duckmesh.workflows.expire.ExpireActivities;
import io.duckmesh.workflows.expire.ExpireEnding;
import io.duckmesh.workflows.expire.ExpireProgress;
import io.duckmesh.workflows.expire.ExpireResult;
import io.duckmesh.workflows.expire.ExpireRun;
import io.duckmesh.workflows.expire.ExpireStep;
import io.duckmesh.workflows.expire.ForgetStep;
import io.duckmesh.workflows.expire.TrimPlan;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The steps of expiry, on the catalog alone. Does not close what it was given. */
public final class ExpireActivitiesImpl implements ExpireActivities {
  private static final Logger log = LoggerFactory.getLogger(ExpireActivitiesImpl.class);

  private static final int PAGE = 1_000;

  private final Upkeep upkeep;
  private final TrimPlanner trims;
  private final Clock clock;
  private final Duration slice;
  private final UpkeepMetrics metrics;
  private final Steps steps;

  /**
   * @param slice how long one step forgets before it says how far it is
   * @param steps that the worker stops; not closed with this
   */
  public ExpireActivitiesImpl(
      Upkeep upkeep,
      TrimPlanner trims,
      Clock clock,
      Duration slice,
      MeterRegistry registry,
      Steps steps) {
    this.upkeep = upkeep;
    this.trims = trims;
    this.clock = clock;
    this.slice = slice;
    this.metrics = new UpkeepMetrics(registry);
    this.steps = steps;
  }

  @Override
  public ExpireStep expireSnapshots(ExpireRun input) {
    TenantId tenant = new TenantId(input.tenant());
    return steps.run(
        "let snapshots of tenant %s expire".formatted(tenant),
        () -> "finding out which snapshots expire",
        stop -> {
          upkeep.runs().begin(draft(input));
          ExpiryPlan plan = upkeep.retention().plan(tenant);
          upkeep
              .runs()
              .advance(
                  input.runId(),
                  counts(input.progress(), plan.snapshots()),
                  "Let %,d snapshots before %s expire, in %,d tables, and remove %,d pins that have lapsed"
                      .formatted(
                          plan.snapshots(),
                          plan.historyFrom(),
                          plan.tables().size(),
                          plan.lapsed().size()));
          if (!input.dryRun()) {
            upkeep.retention().expire(plan);
            metrics.expired(plan.snapshots());
          }
          return new ExpireStep(
              plan.snapshots(),
              plan.before().value(),
              plan.historyFrom().value(),
              plan.tables().size(),
              plan.lapsed().size());
        });
  }

  @Override
  public TrimPlan planTrims(ExpireRun input) {
    Progress progress = new Progress("looking for rows that are too old");
    return steps.run(
        "plan which rows of tenant %s expire".formatted(input.tenant()),
        progress::toString,
        stop -> {
          upkeep.runs().begin(draft(input));
          upkeep.runs().advance(input.runId(), counts(input.progress(), 0), null);
          return trims.plan(input, progress, stop);
        });
  }

  @Override
  public ForgetStep forget(ExpireRun input) {
    Progress progress = new Progress("forgetting expired snapshots");
    return steps.run(
        "forget expired snapshots of tenant " + input.tenant(),
        progress::toString,
        stop -> {
          upkeep.runs().begin(draft(input));
          upkeep.runs().advance(input.runId(), counts(input.progress(), 0), null);
          return forget(new TenantId(input.tenant()), progress, stop);
        });
  }

  private ForgetStep forget(TenantId tenant, Progress progress, StopSignal stop) {
    Instant end = clock.instant().plus(slice);
    long forgotten = 0;
    while (true) {
      stop.check();
      int page = upkeep.retention().forget(tenant, PAGE);
      forgotten += page;
      progress.words("forgot %,d entries of expired snapshots", forgotten);
      boolean done = page < PAGE;
      if (done || !clock.instant().isBefore(end)) {
        return new ForgetStep(forgotten, done);
      }
    }
  }

  @Override
  public ExpireResult record(ExpireEnding input) {
    return steps.run(
        "record run " + input.run().runId(),
        () -> "recording the run",
        stop -> {
          ExpireProgress progress = input.run().progress();
          String reason = input.reason() == null ? "Everything was done" : input.reason();
          upkeep.runs().begin(draft(input.run()));
          UpkeepRun run =
              upkeep
                  .runs()
                  .finish(
                      input.run().runId(),
                      input.outcome().equals("succeeded")
                          ? UpkeepRun.State.SUCCEEDED
                          : UpkeepRun.State.FAILED,
                      counts(progress, 0),
                      reason);
          String outcome = run.state().name().toLowerCase(Locale.ROOT);
          Instant finishedAt = run.finishedAt() == null ? clock.instant() : run.finishedAt();
          metrics.ended("expire", outcome);
          log.info(
              "Run finished job=expire run_id={} tenant={} outcome={} dry_run={} snapshots={} history_from={} files_in={} files_out={} rows={} forgotten={} failures={} reason=\"{}\"",
              input.run().runId(),
              input.run().tenant(),
              outcome,
              input.run().dryRun(),
              progress.snapshots(),
              progress.historyFrom(),
              progress.filesIn(),
              progress.filesOut(),
              progress.rows(),
              progress.forgotten(),
              progress.failures(),
              reason);
          return new ExpireResult(
              input.run().runId(),
              outcome,
              input.reason(),
              progress,
              Duration.between(run.startedAt(), finishedAt).toMillis());
        });
  }

  private static RunDraft draft(ExpireRun run) {
    return new RunDraft(
        run.runId(),
        UpkeepJob.EXPIRE,
        new TenantId(run.tenant()),
        null,
        run.dryRun(),
        Steps.workflowId(),
        run.byHand() ? "hand" : "schedule");
  }

  private static RunCounts counts(ExpireProgress progress, long snapshots) {
    return new RunCounts(
        progress.snapshots() + snapshots,
        progress.conflicts(),
        progress.filesIn(),
        progress.filesOut(),
        progress.rows(),
        progress.bytesIn(),
        progress.bytesOut(),
        progress.failures());
  }
}
