package io.duckmesh.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.duckmesh.catalog.upkeep.RunCounts;
import io.duckmesh.catalog.upkeep.RunDraft;
import io.duckmesh.catalog.upkeep.RunFilter;
import io.duckmesh.catalog.upkeep.RunTally;
import io.duckmesh.catalog.upkeep.UpkeepJob;
import io.duckmesh.catalog.upkeep.UpkeepRun;
import io.duckmesh.catalog.upkeep.UpkeepRun.State;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What jobs did. */
class PostgresRunsTest extends UpkeepTestBase {
  private static final RunCounts COUNTS = new RunCounts(1, 2, 3, 4, 5, 6, 7, 8);

  private static RunDraft draft(String id, UpkeepJob job, @Nullable TableInfo table, boolean dry) {
    return new RunDraft(
        id,
        job,
        job == UpkeepJob.COLLECT ? null : TENANT,
        table == null ? null : table.id(),
        dry,
        "workflow/" + id,
        "schedule");
  }

  @Test
  void runIsKeptWithItsPlanItsCountsAndItsOutcome() {
    TableInfo table = table("flights");
    RunDraft draft = draft("r1", UpkeepJob.COMPACT, table, false);
    UpkeepRun begun = upkeep.runs().begin(draft);
    upkeep.runs().advance("r1", RunCounts.NONE, "Merges 3 groups");
    upkeep.runs().advance("r1", COUNTS, null);
    clock.advance(Duration.ofMinutes(2));

    UpkeepRun finished =
        upkeep.runs().finish("r1", State.SUCCEEDED, COUNTS, "Nothing is left to merge");

    assertThat(begun.state()).isEqualTo(State.RUNNING);
    assertThat(finished)
        .isEqualTo(
            new UpkeepRun(
                begun.number(),
                draft,
                "flights",
                State.SUCCEEDED,
                begun.startedAt(),
                clock.instant(),
                COUNTS,
                "Merges 3 groups",
                "Nothing is left to merge"));
    assertThat(upkeep.runs().find("r1")).contains(finished);
    assertThat(upkeep.runs().begin(draft)).isEqualTo(finished);
    assertThat(upkeep.runs().finish("r1", State.FAILED, RunCounts.NONE, "late"))
        .isEqualTo(finished);
  }

  @Test
  void runThatDidNotEndIsAbandonedByTheNextOfItsKind() {
    TableInfo table = table("flights");
    TableInfo other = table("events");
    upkeep.runs().begin(draft("r1", UpkeepJob.COMPACT, table, false));
    upkeep.runs().begin(draft("dry", UpkeepJob.COMPACT, table, true));
    upkeep.runs().begin(draft("other", UpkeepJob.COMPACT, other, false));
    upkeep.runs().begin(draft("expire", UpkeepJob.EXPIRE, null, false));
    upkeep.runs().begin(draft("collect", UpkeepJob.COLLECT, null, false));

    upkeep.runs().begin(draft("r2", UpkeepJob.COMPACT, table, false));
    upkeep.runs().begin(draft("collect2", UpkeepJob.COLLECT, null, false));

    assertThat(upkeep.runs().list(TENANT, RunFilter.ALL, 10))
        .filteredOn(run -> run.state() == State.ABANDONED)
        .extracting(run -> run.draft().runId())
        .containsExactly("collect", "r1");
  }

  @Test
  void runsAreListedNewestFirstByWhatIsLookedFor() {
    TableInfo table = table("flights");
    upkeep.runs().begin(draft("r1", UpkeepJob.COMPACT, table, false));
    upkeep.runs().begin(draft("r2", UpkeepJob.EXPIRE, null, false));
    upkeep.runs().begin(draft("r3", UpkeepJob.COLLECT, null, false));
    List<UpkeepRun> all = upkeep.runs().list(TENANT, RunFilter.ALL, 2);

    assertThat(all).extracting(run -> run.draft().runId()).containsExactly("r3", "r2");
    assertThat(
            upkeep.runs().list(TENANT, new RunFilter(null, null, null, all.getLast().number()), 10))
        .extracting(run -> run.draft().runId())
        .containsExactly("r1");
    assertThat(upkeep.runs().list(TENANT, new RunFilter(UpkeepJob.EXPIRE, null, null, null), 10))
        .hasSize(1);
    assertThat(upkeep.runs().list(TENANT, new RunFilter(null, table.id(), null, null), 10))
        .hasSize(1);
    assertThat(upkeep.runs().list(new TenantId("acme"), RunFilter.ALL, 10)).hasSize(1);
  }

  @Test
  void runsAreFoundAndCountedByTheirState() {
    upkeep.runs().begin(draft("r1", UpkeepJob.EXPIRE, null, false));
    upkeep.runs().finish("r1", State.FAILED, RunCounts.NONE, "no");
    clock.advance(Duration.ofMinutes(1));
    UpkeepRun last = upkeep.runs().begin(draft("r2", UpkeepJob.EXPIRE, null, false));
    upkeep.runs().begin(draft("dry", UpkeepJob.EXPIRE, null, true));

    assertThat(upkeep.runs().list(TENANT, new RunFilter(null, null, State.FAILED, null), 10))
        .extracting(run -> run.draft().runId())
        .containsExactly("r1");
    assertThat(upkeep.runs().tally(TENANT))
        .contains(new RunTally(UpkeepJob.EXPIRE, State.RUNNING, 1, last.startedAt()))
        .hasSize(2);
  }

  @Test
  void oldRunsAreForgottenThatHaveFinished() {
    upkeep.runs().begin(draft("r1", UpkeepJob.EXPIRE, null, false));
    upkeep.runs().finish("r1", State.SUCCEEDED, RunCounts.NONE, "done");
    upkeep.runs().begin(draft("r2", UpkeepJob.EXPIRE, null, false));
    clock.advance(Duration.ofDays(1));

    assertThat(upkeep.runs().forget(clock.instant(), 10)).isEqualTo(1);
    assertThat(upkeep.runs().find("r1")).isEmpty();
    assertThat(upkeep.runs().find("r2")).isPresent();
    assertThatThrownBy(() -> upkeep.runs().finish("r1", State.FAILED, RunCounts.NONE, "gone"))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
