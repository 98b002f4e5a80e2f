package io.duckmesh.catalog.upkeep;

import static java.util.Objects.requireNonNull;

import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.TenantId;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A name by which a snapshot stays readable.
 *
 * @param expiresAt from when on the next expiry removes it, null: never
 */
public record Pin(
    TenantId tenant,
    String name,
    SnapshotId snapshot,
    Instant createdAt,
    @Nullable Instant expiresAt) {
  public Pin {
    requireNonNull(tenant, "tenant is null");
    requireNonNull(name, "name is null");
    requireNonNull(snapshot, "snapshot is null");
    requireNonNull(createdAt, "createdAt is null");
  }
}
