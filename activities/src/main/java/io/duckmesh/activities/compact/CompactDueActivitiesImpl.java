package io.duckmesh.activities.compact;

import io.duckmesh.activities.ActivityFailures;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.workflows.compact.CompactDueActivities;
import io.duckmesh.workflows.compact.CompactDueInput;
import io.duckmesh.workflows.compact.DueTable;
import io.duckmesh.workflows.compact.DueTables;

/** Finds out where merging is due. */
public final class CompactDueActivitiesImpl implements CompactDueActivities {
  private final DueFinder finder;

  public CompactDueActivitiesImpl(DueFinder finder) {
    this.finder = finder;
  }

  @Override
  public DueTables findDue(CompactDueInput input) {
    return ActivityFailures.translating(
        "find tables of tenant %s whose files are to be merged".formatted(input.tenant()),
        () ->
            new DueTables(
                finder.find(new TenantId(input.tenant())).stream()
                    .limit(DueTables.MOST)
                    .map(due -> new DueTable(due.table().toString(), due.name(), 0))
                    .toList()));
  }
}
