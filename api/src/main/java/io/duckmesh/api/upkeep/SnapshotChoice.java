package io.duckmesh.api.upkeep;

import io.duckmesh.api.json.JsonFields;
import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.Snapshots;
import io.duckmesh.catalog.TenantId;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A snapshot that a request names by its number, or by a time.
 *
 * @param snapshotId null if not named so
 * @param asOf null if not named so
 */
record SnapshotChoice(@Nullable SnapshotId snapshotId, @Nullable Instant asOf) {
  /** Reads {@code snapshot_id} and {@code as_of}; problems are left in the fields. */
  static SnapshotChoice read(JsonFields fields) {
    Long id = fields.number("snapshot_id", 0, Long.MAX_VALUE);
    Instant asOf = fields.instant("as_of");
    if (fields.has("snapshot_id") && fields.has("as_of")) {
      fields.problem("as_of", "is there beside snapshot_id; name one of them");
    }
    return new SnapshotChoice(id == null ? null : new SnapshotId(id), asOf);
  }

  /** The snapshot; the newest one if none was named. */
  SnapshotId find(Snapshots snapshots, TenantId tenant) {
    if (snapshotId != null) {
      return snapshotId;
    }
    return asOf == null ? snapshots.newest(tenant).id() : snapshots.asOf(tenant, asOf).id();
  }
}
