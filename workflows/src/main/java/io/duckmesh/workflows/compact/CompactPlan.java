package io.duckmesh.workflows.compact;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is to be merged.
 *
 * @param groups at most {@link #MOST_GROUPS}; of a dry run at most {@link #MOST_SHOWN}
 * @param liveFiles files that the table has
 * @param nothingBecause why there are no groups, in words; null if there are some
 */
public record CompactPlan(
    @Nullable List<PlannedGroup> groups, long liveFiles, @Nullable String nothingBecause) {
  public CompactPlan {
    groups = groups == null ? List.of() : List.copyOf(groups);
  }

  /** Their files are read at the same time, as far as workers have room. */
  public static final int MOST_GROUPS = 16;

  /** More would not be read by anyone. */
  public static final int MOST_SHOWN = 100;
}
