package io.duckmesh.catalog.compaction;

import java.util.List;

/**
 * What is merged of a table next.
 *
 * @param groups in order of place, no file in two of them
 * @param files files that were looked at: all of the table if this is complete
 * @param complete whether there are no more groups than these
 */
public record CompactionPlan(List<FileGroup> groups, long files, boolean complete) {
  public CompactionPlan {
    groups = List.copyOf(groups);
  }
}
