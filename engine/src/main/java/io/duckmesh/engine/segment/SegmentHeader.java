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
 * @param rejected whether these are rows that did not fit the table in that schema version, which
 *     go to quarantine
 */
public record SegmentHeader(
    UUID tableId,
    int schemaVersion,
    int rowCount,
    @Nullable KeyHash requestKey,
    boolean eventKeys,
    boolean rejected) {
  public SegmentHeader {
    requireNonNull(tableId, "tableId is null");
    if (schemaVersion < 1 || rowCount < 1) {
      throw new IllegalArgumentException(
          "Segment needs a schema version and rows: " + schemaVersion + ", " + rowCount);
    }
    if (eventKeys && rejected) {
      throw new IllegalArgumentException("Rejected rows have no event keys");
    }
  }

  /** The header of rows that fit. */
  public SegmentHeader(
      UUID tableId,
      int schemaVersion,
      int rowCount,
      @Nullable KeyHash requestKey,
      boolean eventKeys) {
    this(tableId, schemaVersion, rowCount, requestKey, eventKeys, false);
  }

  /** The header of rejected rows. */
  public static SegmentHeader ofRejected(
      UUID tableId, int schemaVersion, int rowCount, @Nullable KeyHash requestKey) {
    return new SegmentHeader(tableId, schemaVersion, rowCount, requestKey, false, true);
  }
}
