package io.duckmesh.catalog.conservation;

import io.duckmesh.catalog.TableId;
import java.util.Map;

/**
 * What the log counts of a shard.
 *
 * @param head last appended position
 * @param accepted events ever appended up to the head, as the appends counted them
 * @param acked last acknowledged position, read after everything else here
 * @param pendingSegments segments between the position asked for and the head, counted one by one
 * @param pending events in them
 * @param pendingByTable of these, those whose segments name a table
 */
public record LogCounts(
    long head,
    long accepted,
    long acked,
    long pendingSegments,
    long pending,
    Map<TableId, Long> pendingByTable) {
  public LogCounts {
    pendingByTable = Map.copyOf(pendingByTable);
  }
}
