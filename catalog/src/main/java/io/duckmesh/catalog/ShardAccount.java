package io.duckmesh.catalog;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * What became of the events of a shard up to its watermark.
 *
 * @param watermark highest landed position
 * @param snapshot the snapshot that advanced it last
 * @param tableless events in quarantine whose segments name no table that the catalog knows
 * @param tables accounts of the tables that live on the shard, dropped ones too, by name and id
 */
public record ShardAccount(
    ShardId shard,
    TenantId tenant,
    long watermark,
    SnapshotId snapshot,
    long tableless,
    List<TableAccount> tables) {
  public ShardAccount {
    requireNonNull(shard, "shard is null");
    requireNonNull(tenant, "tenant is null");
    requireNonNull(snapshot, "snapshot is null");
    tables = List.copyOf(tables);
  }

  /**
   * A table's part of a shard.
   *
   * @param counts events of the shard's landed segments
   */
  public record TableAccount(String name, boolean dropped, TableCounts counts) {
    public TableAccount {
      requireNonNull(name, "name is null");
      requireNonNull(counts, "counts is null");
    }

    public TableId table() {
      return counts.table();
    }
  }
}
