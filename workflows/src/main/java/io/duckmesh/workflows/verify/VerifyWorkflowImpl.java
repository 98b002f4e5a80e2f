package io.duckmesh.workflows.verify;

import io.duckmesh.workflows.ActivityProfiles;
import io.temporal.activity.ActivityOptions;
import io.temporal.workflow.Workflow;
import java.util.List;
import java.util.Objects;

/** Only decisions: what the steps do is the activities' affair. */
public final class VerifyWorkflowImpl implements VerifyWorkflow {
  @Override
  public VerifyResult verify(VerifyInput input) {
    RunInput run = new RunInput(Workflow.getInfo().getFirstExecutionRunId(), input.tenant());
    VerifyProgress progress = input.progress() == null ? begin(run) : input.progress();
    boolean done = false;
    while (!done) {
      if (Workflow.getInfo().isContinueAsNewSuggested()) {
        Workflow.newContinueAsNewStub(VerifyWorkflow.class)
            .verify(new VerifyInput(input.tenant(), input.searchAttributes(), progress));
      }
      describe(VerifyDetails.files(run, progress));
      FilesResult looked =
          steps(ActivityProfiles.reading("Reads files after the first " + progress.files()))
              .checkFiles(new FilesCheck(run.runId(), run.tenant(), progress));
      progress = looked.progress();
      done = looked.done();
    }
    VerifyResult result = steps(ActivityProfiles.bookkeeping("Records the run")).record(run);
    describe(VerifyDetails.ended(result));
    return result;
  }

  /** Everything before the files. */
  private static VerifyProgress begin(RunInput run) {
    VerifyPlan plan = steps(ActivityProfiles.bookkeeping("Begins the run")).plan(run);
    List<String> shards = Objects.requireNonNull(plan.shards(), "shards is null");
    long findings = 0;
    for (String shard : shards) {
      describe(VerifyDetails.shard(run, shard, findings));
      findings +=
          steps(ActivityProfiles.reading("Compares log and catalog of shard " + shard))
              .checkShard(new ShardCheck(run.runId(), shard))
              .findings();
    }
    findings +=
        steps(ActivityProfiles.bookkeeping("Compares rows of files with counts"))
            .checkTables(run)
            .findings();
    return new VerifyProgress(plan.snapshotId(), null, shards.size(), 0, 0, findings);
  }

  private static void describe(String details) {
    Workflow.setCurrentDetails(details);
  }

  private static VerifyActivities steps(ActivityOptions options) {
    return Workflow.newActivityStub(VerifyActivities.class, options);
  }
}
