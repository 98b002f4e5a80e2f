package io.duckmesh.workflows.compact;

import io.temporal.activity.ActivityInterface;
import io.temporal.activity.ActivityMethod;

/**
 * The steps of merging. Each may run twice, also beside an earlier attempt of its own: the catalog
 * lets one of them through.
 */
@ActivityInterface
public interface CompactActivities {
  /**
   * Begins the run in the catalog, or says how far it is, and begins rewrites of what is to be
   * merged. Waits, beating, as long as the step allows for something to merge. A dry run begins no
   * rewrites. Without groups the run ends: nothing is left, the table's window is closed, or there
   * is no such table any more; the words say which.
   */
  @ActivityMethod(name = "plan-compact")
  CompactPlan plan(CompactStep input);

  /**
   * Reads the group's files, writes the one that is to take their place, and prepares the rewrite.
   * Changes nothing that anyone reads. Beats rows. One that another attempt has prepared is done.
   */
  @ActivityMethod(name = "rewrite-group")
  RewriteResult rewrite(GroupInput input);

  /**
   * Publishes the prepared rewrite as a snapshot of its own; answers the same again if it was
   * published before. That others were faster is a result, not a failure.
   */
  @ActivityMethod(name = "publish-group")
  PublishResult publish(GroupInput input);

  /** Ends the run in the catalog; begins it first if no plan came so far. */
  @ActivityMethod(name = "record-compact")
  CompactResult record(CompactEnding input);
}
