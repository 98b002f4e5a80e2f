package io.duckmesh.catalog;

import java.util.List;

/**
 * What became of all events that have landed. The counts are part of the commits that they count:
 * they are never ahead of a watermark, and never behind it.
 */
public interface Accounts {
  /** The accounts of the tenant's shards, by shard id, all of one moment. */
  List<ShardAccount> list(TenantId tenant);

  /**
   * The account of the shard, all of it of one moment.
   *
   * @throws IllegalArgumentException if there is no such shard
   */
  ShardAccount load(ShardId shard);

  /**
   * Rows in the files that the tenant's newest snapshot has, beside the events that its tables
   * count as visible, by table; all of one moment.
   */
  List<FileRows> fileRows(TenantId tenant);
}
