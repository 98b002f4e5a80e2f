package io.duckmesh.catalog.upkeep;

import static java.util.Objects.requireNonNull;

import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.TenantId;
import java.util.List;

/**
 * What an expiry does.
 *
 * @param before the tenant's first snapshot that can be read before
 * @param historyFrom the first one after, beside those that are pinned
 * @param snapshots how many can not be read any more
 * @param tables those whose first snapshot changes, dropped ones too
 * @param lapsed pins that are removed
 */
public record ExpiryPlan(
    TenantId tenant,
    SnapshotId before,
    SnapshotId historyFrom,
    long snapshots,
    List<TableExpiry> tables,
    List<Pin> lapsed) {
  public ExpiryPlan {
    requireNonNull(tenant, "tenant is null");
    requireNonNull(before, "before is null");
    requireNonNull(historyFrom, "historyFrom is null");
    tables = List.copyOf(tables);
    lapsed = List.copyOf(lapsed);
  }
}
