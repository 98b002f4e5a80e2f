package io.duckmesh.catalog.compaction;

import java.util.List;

/**
 * What is merged of a table next.
 *
 * @param groups in order of place, no file in two of them
 * @param complete whether there are no more groups than these
 */
public record CompactionPlan(List<FileGroup> groups, boolean complete) {
  public CompactionPlan {
    groups = List.copyOf(groups);
  }
}
