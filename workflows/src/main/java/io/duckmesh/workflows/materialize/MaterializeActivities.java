package io.duckmesh.workflows.materialize;

import io.temporal.activity.ActivityInterface;
import io.temporal.activity.ActivityMethod;

/** The steps of landing a batch. Each may run twice, and at two workers at once. */
@ActivityInterface
public interface MaterializeActivities {
  /** Waits for events and claims a batch of them. */
  @ActivityMethod(name = "claim-batch")
  ClaimResult claim(ShardInput input);

  /** Writes the batch as data files, which stay invisible. */
  @ActivityMethod(name = "write-batch")
  WriteResult write(ClaimedBatch batch);

  /** Makes the batch visible and acknowledges it. */
  @ActivityMethod(name = "commit-batch")
  CommitResult commit(CommitInput input);

  /** Asks the log to hand out what it has without linger. */
  @ActivityMethod(name = "request-flush")
  void requestFlush(ShardInput input);
}
