package io.duckmesh.workflows.expire;

import io.temporal.activity.ActivityInterface;
import io.temporal.activity.ActivityMethod;

/**
 * The steps of expiry, beside those that rewrite and publish groups of files ({@link
 * io.duckmesh.workflows.compact.CompactActivities}). Each may run twice.
 */
@ActivityInterface
public interface ExpireActivities {
  /**
   * Begins the run in the catalog, and lets snapshots expire that the policies do not keep and no
   * pin protects; removes pins that have lapsed. A dry run only counts.
   */
  @ActivityMethod(name = "expire-snapshots")
  ExpireStep expireSnapshots(ExpireRun input);

  /**
   * Begins rewrites of files with rows that are older than their table keeps, of tables whose
   * window is open. A dry run begins none.
   */
  @ActivityMethod(name = "plan-row-expiry")
  TrimPlan planTrims(ExpireRun input);

  /** Forgets, for about a minute, what the catalog keeps of expired snapshots. Not in a dry run. */
  @ActivityMethod(name = "forget-snapshots")
  ForgetStep forget(ExpireRun input);

  /** Ends the run in the catalog; begins it first if no step came so far. */
  @ActivityMethod(name = "record-expire")
  ExpireResult record(ExpireEnding input);
}
