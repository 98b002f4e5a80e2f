package io.duckmesh.workflows.collect;

import io.temporal.activity.ActivityInterface;
import io.temporal.activity.ActivityMethod;

/** The steps of collection. Each may run twice, also beside an earlier attempt of its own. */
@ActivityInterface
public interface CollectActivities {
  /** Begins the run in the catalog, and names the tenants. */
  @ActivityMethod(name = "plan-collect")
  CollectPlan plan(CollectRun input);

  /**
   * Marks, for about a minute, objects of a tenant that nothing refers to; a dry run counts them.
   * Beats.
   */
  @ActivityMethod(name = "mark-garbage")
  MarkResult mark(MarkInput input);

  /**
   * Deletes, for about a minute, marked objects whose grace time is over and that no reader has; a
   * dry run counts them. Beats. What can not be deleted does not stop the rest.
   */
  @ActivityMethod(name = "sweep-garbage")
  SweepResult sweep(SweepInput input);

  /** Ends the run in the catalog; begins it first if no plan came so far. */
  @ActivityMethod(name = "record-collect")
  CollectResult record(CollectEnding input);
}
