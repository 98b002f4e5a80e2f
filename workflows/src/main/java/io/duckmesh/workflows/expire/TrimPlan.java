package io.duckmesh.workflows.expire;

import io.duckmesh.workflows.compact.PlannedGroup;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Files with rows that are older than a table keeps.
 *
 * @param groups at most {@link io.duckmesh.workflows.compact.CompactPlan#MOST_GROUPS}; of a dry run
 *     at most {@link io.duckmesh.workflows.compact.CompactPlan#MOST_SHOWN}. Their rows are all rows
 *     of their files
 * @param more whether there are more than these
 * @param nothingBecause why there are no groups, in words; null if there are some
 */
public record TrimPlan(
    @Nullable List<PlannedGroup> groups, boolean more, @Nullable String nothingBecause) {
  public TrimPlan {
    groups = groups == null ? List.of() : List.copyOf(groups);
  }
}
