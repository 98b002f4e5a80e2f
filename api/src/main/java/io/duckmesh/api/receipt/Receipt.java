package io.duckmesh.api.receipt;

import static java.util.Objects.requireNonNull;

import io.duckmesh.catalog.ShardId;
import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.TenantId;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a receipt id says by itself: which events were accepted, when, and where they are.
 *
 * @param rowCount events accepted, those that did not fit included
 * @param positions where the events are that fit, one position per shard; may be empty if none did
 * @param misfits where those are that did not, null if all did
 */
public record Receipt(
    TenantId tenant,
    TableId table,
    long rowCount,
    Instant acceptedAt,
    Positions positions,
    @Nullable Misfits misfits) {
  public Receipt {
    requireNonNull(tenant, "tenant is null");
    requireNonNull(table, "table is null");
    requireNonNull(acceptedAt, "acceptedAt is null");
    requireNonNull(positions, "positions is null");
  }

  /** The receipt of events that all fit. */
  public Receipt(
      TenantId tenant, TableId table, long rowCount, Instant acceptedAt, Positions positions) {
    this(tenant, table, rowCount, acceptedAt, positions, null);
  }

  /** Events that were taken although they do not fit, on their way to quarantine. */
  public record Misfits(ShardId shard, long position, long rowCount) {
    public Misfits {
      requireNonNull(shard, "shard is null");
    }
  }

  /** Positions that cover all events, as a token names them. */
  public Positions covering() {
    return misfits == null
        ? positions
        : Positions.covering(
            List.of(positions, Positions.of(Map.of(misfits.shard(), misfits.position()))));
  }

  /** Events that did not fit. */
  public long misfitCount() {
    return misfits == null ? 0 : misfits.rowCount();
  }
}
