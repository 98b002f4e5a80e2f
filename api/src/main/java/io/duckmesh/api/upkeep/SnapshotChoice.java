package io.duckmesh.api.upkeep;

import io.duckmesh.api.json.JsonFields;
import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.Snapshots;
import io.duckmesh.catalog.TenantId;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import org.jspecify.annotations.Nullable;

/**
 * A snapshot that a request names by its number, or by a time.
 *
 * @param snapshotId null if not named so
 * @param asOf null if not named so
 */
record SnapshotChoice(@Nullable SnapshotId snapshotId, @Nullable Instant asOf) {
  private static final Instant FIRST = Instant.parse("0001-01-01T00:00:00Z");

  /** Reads {@code snapshot_id} and {@code as_of}; problems are left in the fields. */
  static SnapshotChoice read(JsonFields fields) {
    Long id = fields.number("snapshot_id", 0, Long.MAX_VALUE);
    Instant asOf = instant(fields, "as_of");
    if (fields.has("snapshot_id") && fields.has("as_of")) {
      fields.problem("as_of", "is there beside snapshot_id; name one of them");
    }
    return new SnapshotChoice(id == null ? null : new SnapshotId(id), asOf);
  }

  /** Reads a time of RFC 3339; null if there is none, or it is not one. */
  static @Nullable Instant instant(JsonFields fields, String field) {
    String text = fields.text(field);
    if (text == null) {
      return null;
    }
    try {
      Instant instant = OffsetDateTime.parse(text).toInstant();
      if (!instant.isBefore(FIRST)) {
        return instant;
      }
    } catch (DateTimeException e) {
      // What is said of a time that is too early fits here, too.
    }
    fields.problem(field, "is not a time such as 2026-01-31T12:00:00Z: " + text);
    return null;
  }

  /** The snapshot; the newest one if none was named. */
  SnapshotId find(Snapshots snapshots, TenantId tenant) {
    if (snapshotId != null) {
      return snapshotId;
    }
    return asOf == null ? snapshots.newest(tenant).id() : snapshots.asOf(tenant, asOf).id();
  }
}
