package io.duckmesh.api.receipt;

import static java.util.Objects.requireNonNull;

import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.TenantId;
import java.time.Instant;

/** What a receipt id says by itself: which events were accepted, when, and where they are. */
public record Receipt(
    TenantId tenant, TableId table, long rowCount, Instant acceptedAt, Positions positions) {
  public Receipt {
    requireNonNull(tenant, "tenant is null");
    requireNonNull(table, "table is null");
    requireNonNull(acceptedAt, "acceptedAt is null");
    requireNonNull(positions, "positions is null");
  }
}
