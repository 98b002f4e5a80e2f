package io.duckmesh.activities.materialize;

import io.duckmesh.bus.PublishedSegment;
import io.duckmesh.catalog.TableId;
import org.jspecify.annotations.Nullable;

/**
 * A segment that can not land.
 *
 * @param rowCount events in it, as the log says
 * @param table whose events they are, null if the segment does not tell, or tells of none that
 *     lives on its shard
 * @param reason why, for people
 */
record RejectedSegment(long position, long rowCount, @Nullable TableId table, String reason) {
  /** PostgreSQL keeps no zero character, and a reason may quote an event that has one. */
  RejectedSegment {
    reason = reason.replace("\0", "\\u0000");
  }

  static RejectedSegment of(PublishedSegment segment, @Nullable TableId table, String reason) {
    return new RejectedSegment(segment.position().value(), segment.rowCount(), table, reason);
  }
}
