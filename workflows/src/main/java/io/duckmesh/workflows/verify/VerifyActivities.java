package io.duckmesh.workflows.verify;

import io.temporal.activity.ActivityInterface;
import io.temporal.activity.ActivityMethod;

/**
 * The steps of comparing. Each may run twice: what it finds is kept under the run, once. None
 * changes what it looks at.
 */
@ActivityInterface
public interface VerifyActivities {
  /** Begins the run in the catalog, at the newest snapshot. */
  @ActivityMethod(name = "plan-verify")
  VerifyPlan plan(RunInput input);

  /** Compares how far log and catalog say a shard is, and both sides of conservation. */
  @ActivityMethod(name = "verify-shard")
  CheckResult checkShard(ShardCheck input);

  /** Compares the rows of the tables' files with the events that count as visible. */
  @ActivityMethod(name = "verify-tables")
  CheckResult checkTables(RunInput input);

  /** Compares files with their objects, for about a minute. */
  @ActivityMethod(name = "verify-files")
  FilesResult checkFiles(FilesCheck input);

  /** Ends the run in the catalog. */
  @ActivityMethod(name = "record-verify")
  VerifyResult record(RunInput input);
}
