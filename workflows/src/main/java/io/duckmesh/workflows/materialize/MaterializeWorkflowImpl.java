package io.duckmesh.workflows.materialize;

import io.duckmesh.workflows.ActivityProfiles;
import io.duckmesh.workflows.SearchAttributes;
import io.temporal.activity.ActivityOptions;
import io.temporal.failure.ActivityFailure;
import io.temporal.workflow.Async;
import io.temporal.workflow.CancellationScope;
import io.temporal.workflow.CompletablePromise;
import io.temporal.workflow.Workflow;
import io.temporal.workflow.WorkflowInit;
import java.time.Instant;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/** Only decisions: what the steps do is the activities' affair. */
public final class MaterializeWorkflowImpl implements MaterializeWorkflow {
  /** So many table names at most, so that the search attribute stays small. */
  private static final int MAX_TABLES = 50;

  private static final Logger log = Workflow.getLogger(MaterializeWorkflowImpl.class);

  private final MaterializeInput input;
  private final ShardInput shard;
  private final MaterializeActivities waiting;
  private final MaterializeActivities hints;
  private final TreeSet<String> tables = new TreeSet<>();

  private boolean paused;
  private String state = "waiting";
  private MaterializeTotals totals;
  private MaterializeTotals runTotals = MaterializeTotals.NONE;
  private @Nullable Long landed;
  private @Nullable Long snapshotId;
  private String lastBatch = MaterializeDetails.NO_BATCH;
  private @Nullable CancellationScope claimScope;
  private boolean flushing;
  private boolean flushAgain;

  /** Runs before any signal is handled, so that handlers find everything in place. */
  @WorkflowInit
  public MaterializeWorkflowImpl(MaterializeInput input) {
    this.input = input;
    this.shard = new ShardInput(input.shard());
    this.paused = Boolean.TRUE.equals(input.paused());
    this.totals = input.totals() == null ? MaterializeTotals.NONE : input.totals();
    this.waiting = steps(ActivityProfiles.waiting("Waits for events of shard " + input.shard()));
    this.hints = steps(ActivityProfiles.hint("Asks for what is in the log now"));
  }

  @Override
  public void materialize(MaterializeInput sameInput) {
    describe();
    while (true) {
      awaitResume();
      continueAsNewWhenSuggested();
      ClaimResult claim = claim();
      if (claim != null && claim.batch() != null) {
        land(claim.batch(), claim.millis());
      }
    }
  }

  @Override
  public void pause() {
    paused = true;
    if (claimScope != null) {
      claimScope.cancel("paused");
    }
  }

  @Override
  public void resume() {
    paused = false;
  }

  @Override
  public void flush() {
    if (flushing) {
      // What arrived since the flush under way began is asked for by one more.
      flushAgain = true;
      return;
    }
    flushing = true;
    try {
      do {
        flushAgain = false;
        hints.requestFlush(shard);
      } while (flushAgain);
    } catch (ActivityFailure e) {
      log.warn("Flush request lost shard={}", input.shard(), e);
    } finally {
      flushing = false;
    }
  }

  @Override
  public MaterializeStatus status() {
    return new MaterializeStatus(
        input.shard(), input.tenant(), state, paused, landed, snapshotId, totals);
  }

  private void awaitResume() {
    if (!paused) {
      return;
    }
    state = "paused";
    describe();
    Workflow.await(() -> !paused);
    state = "waiting";
    describe();
  }

  private void continueAsNewWhenSuggested() {
    if (Workflow.getInfo().isContinueAsNewSuggested()) {
      Workflow.await(Workflow::isEveryHandlerFinished);
      Workflow.newContinueAsNewStub(MaterializeWorkflow.class)
          .materialize(
              new MaterializeInput(
                  input.shard(), input.tenant(), input.searchAttributes(), paused, totals));
    }
  }

  /** Waits for a batch; null if a pause ended the wait. */
  private @Nullable ClaimResult claim() {
    state = "waiting";
    CompletablePromise<ClaimResult> claimed = Workflow.newPromise();
    CancellationScope scope =
        Workflow.newCancellationScope(
            () -> claimed.completeFrom(Async.function(waiting::claim, shard)));
    claimScope = scope;
    try {
      scope.run();
      return claimed.get();
    } catch (ActivityFailure e) {
      // A wait that was cancelled by a pause may also end by a timeout, when its worker is gone.
      if (!scope.isCancelRequested() || CancellationScope.current().isCancelRequested()) {
        throw e;
      }
      return null;
    } finally {
      claimScope = null;
    }
  }

  private void land(ClaimedBatch batch, long waitedMillis) {
    state = "writing";
    WriteResult written =
        steps(ActivityProfiles.writing("Writes " + MaterializeDetails.positions(batch)))
            .write(batch);
    if (!WriteResult.PREPARED.equals(written.outcome()) || written.writeId() == null) {
      conflict(batch, written.reason());
      return;
    }
    searchableBy(written.tables());
    state = "committing";
    CommitResult commit =
        steps(ActivityProfiles.committing("Commits " + MaterializeDetails.positions(batch)))
            .commit(new CommitInput(batch, written.writeId(), written.quarantined()));
    if (!CommitResult.COMMITTED.equals(commit.outcome())) {
      conflict(batch, commit.reason());
      return;
    }
    landed = batch.upTo();
    snapshotId = commit.snapshotId();
    totals = totals.plus(commit);
    runTotals = runTotals.plus(commit);
    lastBatch =
        MaterializeDetails.landed(
            batch,
            waitedMillis,
            written,
            commit,
            Instant.ofEpochMilli(Workflow.currentTimeMillis()));
    describe();
  }

  /**
   * Somebody else has landed the batch, or will: the next claim begins where the catalog stands.
   */
  private void conflict(ClaimedBatch batch, @Nullable String reason) {
    totals = totals.plusConflict();
    runTotals = runTotals.plusConflict();
    lastBatch = MaterializeDetails.notLanded(batch, reason);
    describe();
  }

  /** Costs an event of the history, so only when a table is new to this run. */
  private void searchableBy(@Nullable List<String> names) {
    if (names == null || !Boolean.TRUE.equals(input.searchAttributes())) {
      return;
    }
    boolean changed = false;
    for (String name : names) {
      changed |= tables.size() < MAX_TABLES && tables.add(name);
    }
    if (changed) {
      Workflow.upsertTypedSearchAttributes(SearchAttributes.TABLE.valueSet(List.copyOf(tables)));
    }
  }

  private void describe() {
    Workflow.setCurrentDetails(
        MaterializeDetails.current(input.shard(), paused, lastBatch, runTotals));
  }

  private static MaterializeActivities steps(ActivityOptions options) {
    return Workflow.newActivityStub(MaterializeActivities.class, options);
  }
}
