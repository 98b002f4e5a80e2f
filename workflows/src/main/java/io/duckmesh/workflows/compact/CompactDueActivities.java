package io.duckmesh.workflows.compact;

import io.temporal.activity.ActivityInterface;
import io.temporal.activity.ActivityMethod;

/** Finds out where merging is due. Changes nothing. */
@ActivityInterface
public interface CompactDueActivities {
  /**
   * Live tables of the tenant that have changed since nothing was left to merge, whose policy wants
   * small files merged and whose window is open, at most {@link DueTables#MOST}, those with most
   * files first. Tables whose last run failed come again after some minutes only.
   */
  @ActivityMethod(name = "find-due-tables")
  DueTables findDue(CompactDueInput input);
}
