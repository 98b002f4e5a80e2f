package io.duckmesh.api.upkeep;

import io.duckmesh.catalog.upkeep.RunCounts;
import io.duckmesh.catalog.upkeep.UpkeepRun;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A run as clients see it.
 *
 * @param outcome how it stands or ended: {@code running}, {@code succeeded}, {@code failed} or
 *     {@code abandoned}
 * @param plan what it is to do, in words
 * @param reason how it ended, and what to do if it did not do everything
 * @param workflowUrl where people see it work, null if that is not known
 */
record RunAnswer(
    String runId,
    long number,
    String job,
    @Nullable String table,
    boolean dryRun,
    String startedBy,
    String outcome,
    Instant startedAt,
    @Nullable Instant finishedAt,
    long durationMs,
    @Nullable String plan,
    @Nullable String reason,
    CountsAnswer counts,
    String workflowId,
    @Nullable String workflowUrl) {
  /** What it has done so far. */
  record CountsAnswer(
      long steps,
      long conflicts,
      long filesIn,
      long filesOut,
      long rows,
      long bytesIn,
      long bytesOut,
      long failures) {
    static CountsAnswer of(RunCounts counts) {
      return new CountsAnswer(
          counts.steps(),
          counts.conflicts(),
          counts.filesIn(),
          counts.filesOut(),
          counts.rows(),
          counts.bytesIn(),
          counts.bytesOut(),
          counts.failures());
    }
  }

  static RunAnswer of(UpkeepRun run, UpkeepStarter starter, Clock clock) {
    Instant finishedAt = run.finishedAt();
    Duration duration =
        Duration.between(run.startedAt(), finishedAt == null ? clock.instant() : finishedAt);
    return new RunAnswer(
        run.draft().runId(),
        run.number(),
        run.draft().job().name().toLowerCase(Locale.ROOT),
        run.tableName(),
        run.draft().dryRun(),
        run.draft().trigger(),
        run.state().name().toLowerCase(Locale.ROOT),
        run.startedAt(),
        finishedAt,
        Math.max(0, duration.toMillis()),
        run.plan(),
        run.outcome(),
        CountsAnswer.of(run.counts()),
        run.draft().workflowId(),
        starter.link(run.draft().workflowId(), run.draft().runId()).orElse(null));
  }
}
