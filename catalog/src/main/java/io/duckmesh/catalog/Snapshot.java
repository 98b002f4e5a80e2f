package io.duckmesh.catalog;

import static java.util.Objects.requireNonNull;

import java.time.Instant;

/**
 * Immutable state of all tables of a tenant.
 *
 * @param committedAt increases with the id
 * @param operation what made it, for example {@code append}, {@code create_table}, {@code
 *     drop_table}
 */
public record Snapshot(TenantId tenant, SnapshotId id, Instant committedAt, String operation) {
  public Snapshot {
    requireNonNull(tenant, "tenant is null");
    requireNonNull(id, "id is null");
    requireNonNull(committedAt, "committedAt is null");
    requireNonNull(operation, "operation is null");
  }
}
