package io.duckmesh.engine.segment;

import static java.util.Objects.requireNonNull;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What stands in front of a segment's columns.
 *
 * @param rowCount events inside
 * @param requestKey hash of the request key and of the shard's ordinal in the request, null without
 *     one
 * @param eventKeys whether the rows carry event keys
 */
public record SegmentHeader(
    UUID tableId,
    int schemaVersion,
    int rowCount,
    @Nullable KeyHash requestKey,
    boolean eventKeys) {
  public SegmentHeader {
    requireNonNull(tableId, "tableId is null");
    if (schemaVersion < 1 || rowCount < 1) {
      throw new IllegalArgumentException(
          "Segment needs a schema version and rows: " + schemaVersion + ", " + rowCount);
    }
  }
}
