package io.duckmesh.activities.collect;

import io.duckmesh.activities.Steps;
import io.duckmesh.activities.StopSignal;
import io.duckmesh.activities.UpkeepMetrics;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.upkeep.GarbageObject;
import io.duckmesh.catalog.upkeep.Marked;
import io.duckmesh.catalog.upkeep.RunCounts;
import io.duckmesh.catalog.upkeep.RunDraft;
import io.duckmesh.catalog.upkeep.Upkeep;
import io.duckmesh.catalog.upkeep.UpkeepJob;
import io.duckmesh.catalog.upkeep.UpkeepRun;
import io.duckmesh.engine.objects.ObjectStore;
import io.duckmesh.workflows.collect.CollectActivities;
import io.duckmesh.workflows.collect.CollectEnding;
import io.duckmesh.workflows.collect.CollectPlan;
import io.duckmesh.workflows.collect.CollectProgress;
import io.duckmesh.workflows.collect.CollectResult;
import io.duckmesh.workflows.collect.CollectRun;
import io.duckmesh.workflows.collect.MarkInput;
import io.duckmesh.workflows.collect.MarkResult;
import io.duckmesh.workflows.collect.SweepInput;
import io.duckmesh.workflows.collect.SweepResult;
import io.micrometer.core.instrument.MeterRegistry;
import io.temporal.activity.Activity;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The steps of collection, on the catalog and the object store. Does not close what it was given.
 */
public final class CollectActivitiesImpl implements CollectActivities {
  private static final Logger log = LoggerFactory.getLogger(CollectActivitiesImpl.class);

  private static final int PAGE = 1_000;

  private final Catalog catalog;
  private final Upkeep upkeep;
  private final Sweeper sweeper;
  private final CollectSettings settings;
  private final Clock clock;
  private final UpkeepMetrics metrics;
  private final Steps steps;

  /**
   * @param steps that the worker stops; not closed with this
   */
  public CollectActivitiesImpl(
      Catalog catalog,
      Upkeep upkeep,
      ObjectStore store,
      CollectSettings settings,
      Clock clock,
      MeterRegistry registry,
      Steps steps) {
    this.catalog = catalog;
    this.upkeep = upkeep;
    this.metrics = new UpkeepMetrics(registry);
    this.sweeper = new Sweeper(upkeep.garbage(), store, metrics);
    this.settings = settings;
    this.clock = clock;
    this.steps = steps;
  }

  @Override
  public CollectPlan plan(CollectRun input) {
    return steps.run(
        "begin collection run " + input.runId(),
        () -> "beginning the run",
        stop -> {
          upkeep.runs().begin(draft(input.runId(), input.dryRun(), input.byHand()));
          List<String> tenants =
              catalog.tenants().list().stream().map(TenantId::value).sorted().toList();
          upkeep
              .runs()
              .advance(
                  input.runId(),
                  counts(input.progress()),
                  "Mark garbage of %,d tenants, delete what has been garbage for %s"
                      .formatted(tenants.size(), words(settings.grace())));
          return new CollectPlan(tenants);
        });
  }

  @Override
  public MarkResult mark(MarkInput input) {
    AtomicReference<SliceBeat> beat = new AtomicReference<>(begin());
    return steps.run(
        "mark garbage of tenant " + input.tenant(),
        () -> beat.get().saying("marked %,d objects, %,d bytes"),
        stop -> {
          upkeep.runs().advance(input.runId(), counts(input.progress()), null);
          return mark(input, beat, stop);
        });
  }

  private MarkResult mark(MarkInput input, AtomicReference<SliceBeat> beat, StopSignal stop) {
    TenantId tenant = new TenantId(input.tenant());
    Instant end = clock.instant().plus(settings.slice());
    String after = beat.get().after() == null ? input.after() : beat.get().after();
    while (true) {
      stop.check();
      SliceBeat sofar = beat.get();
      boolean done;
      if (input.dryRun()) {
        List<GarbageObject> page = upkeep.garbage().unmarked(tenant, after, PAGE);
        done = page.size() < PAGE;
        after = page.isEmpty() ? after : page.getLast().objectKey();
        sofar = sofar.plus(page.size(), bytes(page), after);
      } else {
        Marked page = upkeep.garbage().mark(tenant, settings.grace(), PAGE);
        metrics.marked(page.files(), page.bytes());
        done = page.done();
        sofar = sofar.plus(page.files(), page.bytes(), null);
      }
      beat.set(sofar);
      if (done || !clock.instant().isBefore(end)) {
        return new MarkResult(sofar.objects(), sofar.bytes(), done, sofar.after());
      }
    }
  }

  @Override
  public SweepResult sweep(SweepInput input) {
    AtomicReference<SliceBeat> beat = new AtomicReference<>(begin());
    return steps.run(
        "delete garbage",
        () -> beat.get().saying("deleted %,d objects, %,d bytes"),
        stop -> {
          upkeep.runs().advance(input.runId(), counts(input.progress()), null);
          return input.dryRun() ? countDue(stop) : sweep(beat, stop);
        });
  }

  /** Pages of one tenant after the other, so that memory is bounded. */
  private SweepResult countDue(StopSignal stop) {
    long objects = 0;
    long bytes = 0;
    for (TenantId tenant : catalog.tenants().list()) {
      String after = null;
      List<GarbageObject> page;
      do {
        stop.check();
        page = upkeep.garbage().due(tenant, after, PAGE);
        objects += page.size();
        bytes += bytes(page);
        after = page.isEmpty() ? after : page.getLast().objectKey();
      } while (page.size() == PAGE);
    }
    return new SweepResult(objects, bytes, 0, null, true, null);
  }

  private SweepResult sweep(AtomicReference<SliceBeat> beat, StopSignal stop) {
    Instant end = clock.instant().plus(settings.slice());
    while (true) {
      stop.check();
      List<GarbageObject> page = upkeep.garbage().due(settings.page());
      Sweeper.Swept swept = sweeper.sweep(page, stop);
      SliceBeat sofar = beat.get().plus(swept.deleted(), swept.bytes(), null);
      sofar = sofar.failed(swept.failed(), swept.reason());
      beat.set(sofar);
      boolean done = page.size() < settings.page() || swept.storeIsAway();
      if (done || !clock.instant().isBefore(end)) {
        return new SweepResult(
            sofar.objects(), sofar.bytes(), sofar.failures(), sofar.reason(), done, null);
      }
    }
  }

  @Override
  public CollectResult record(CollectEnding input) {
    return steps.run(
        "record run " + input.run().runId(),
        () -> "recording the run",
        stop -> {
          CollectProgress progress = input.run().progress();
          String reason = input.reason() == null ? "Everything was done" : input.reason();
          upkeep
              .runs()
              .begin(draft(input.run().runId(), input.run().dryRun(), input.run().byHand()));
          UpkeepRun run =
              upkeep
                  .runs()
                  .finish(
                      input.run().runId(),
                      input.outcome().equals("succeeded")
                          ? UpkeepRun.State.SUCCEEDED
                          : UpkeepRun.State.FAILED,
                      counts(progress),
                      reason);
          String outcome = run.state().name().toLowerCase(Locale.ROOT);
          Instant finishedAt = run.finishedAt() == null ? clock.instant() : run.finishedAt();
          metrics.ended("collect", outcome);
          log.info(
              "Run finished job=collect run_id={} outcome={} dry_run={} tenants={} marked={} marked_bytes={} deleted={} deleted_bytes={} failures={} reason=\"{}\"",
              input.run().runId(),
              outcome,
              input.run().dryRun(),
              progress.tenants(),
              progress.marked(),
              progress.markedBytes(),
              progress.deleted(),
              progress.deletedBytes(),
              progress.failures(),
              reason);
          return new CollectResult(
              input.run().runId(),
              outcome,
              input.reason(),
              progress,
              Duration.between(run.startedAt(), finishedAt).toMillis());
        });
  }

  /** What the attempt before this one had done of the slice, if there was one. */
  private static SliceBeat begin() {
    Optional<SliceBeat> last = Activity.getExecutionContext().getHeartbeatDetails(SliceBeat.class);
    return last.orElse(SliceBeat.NONE);
  }

  private static long bytes(List<GarbageObject> objects) {
    return objects.stream().mapToLong(GarbageObject::sizeBytes).sum();
  }

  private static String words(Duration time) {
    return time.toMinutes() > 0
        ? "%,d minutes".formatted(time.toMinutes())
        : "%,d seconds".formatted(time.toSeconds());
  }

  private static RunDraft draft(String runId, boolean dryRun, boolean byHand) {
    return new RunDraft(
        runId,
        UpkeepJob.COLLECT,
        null,
        null,
        dryRun,
        Steps.workflowId(),
        byHand ? "hand" : "schedule");
  }

  private static RunCounts counts(CollectProgress progress) {
    return new RunCounts(
        progress.marked(),
        0,
        progress.deleted(),
        0,
        0,
        progress.deletedBytes(),
        0,
        progress.failures());
  }

  /** How far a slice is, in words, with what the next attempt goes on from. */
  record SliceBeat(
      String words,
      long objects,
      long bytes,
      long failures,
      @Nullable String reason,
      @Nullable String after) {
    static final SliceBeat NONE = new SliceBeat("begun", 0, 0, 0, null, null);

    SliceBeat plus(long objects, long bytes, @Nullable String after) {
      return new SliceBeat(
          words, this.objects + objects, this.bytes + bytes, failures, reason, after);
    }

    SliceBeat failed(long failures, @Nullable String reason) {
      return new SliceBeat(
          words,
          objects,
          bytes,
          this.failures + failures,
          reason == null ? this.reason : reason,
          after);
    }

    SliceBeat saying(String format) {
      return new SliceBeat(
          String.format(Locale.ROOT, format, objects, bytes),
          objects,
          bytes,
          failures,
          reason,
          after);
    }
  }
}
