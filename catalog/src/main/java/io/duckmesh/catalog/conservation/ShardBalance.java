package io.duckmesh.catalog.conservation;

import static java.util.Objects.requireNonNull;

import io.duckmesh.catalog.ShardAccount;
import io.duckmesh.catalog.ShardId;
import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.TenantId;
import java.util.List;

/**
 * The equation of a shard and of its tables, with what it was read from.
 *
 * @param balance of all events of the shard: accepted are those that the log has appended, and
 *     quarantined are also those whose segments name no table
 * @param tables of the tables that live on the shard, dropped ones too
 * @param settled false if the log freed space again and again while it was counted, so that a
 *     difference says nothing
 */
public record ShardBalance(
    ShardAccount account,
    LogCounts log,
    Balance balance,
    List<TableBalance> tables,
    boolean settled) {
  public ShardBalance {
    requireNonNull(account, "account is null");
    requireNonNull(log, "log is null");
    requireNonNull(balance, "balance is null");
    tables = List.copyOf(tables);
  }

  /**
   * The equation of one table on one shard. Accepted are events of landed segments, as the log
   * counts them, and the pending ones.
   */
  public record TableBalance(TableId table, String name, boolean dropped, Balance balance) {
    public TableBalance {
      requireNonNull(table, "table is null");
      requireNonNull(name, "name is null");
      requireNonNull(balance, "balance is null");
    }
  }

  public ShardId shard() {
    return account.shard();
  }

  public TenantId tenant() {
    return account.tenant();
  }

  /** Positions above the watermark; negative if the log ends before it. */
  public long pendingPositions() {
    return log.head() - account.watermark();
  }

  /**
   * Whether the log holds all positions above the watermark, and the watermark is one of its own.
   */
  public boolean complete() {
    return log.pendingSegments() == pendingPositions();
  }

  /** Whether the shard and each of its tables are balanced, or nothing can be said of them. */
  public boolean balanced() {
    return !settled
        || balance.balanced() && tables.stream().allMatch(table -> table.balance().balanced());
  }

  static ShardBalance of(ShardAccount account, LogCounts log, boolean settled) {
    List<TableBalance> tables =
        account.tables().stream()
            .map(
                table -> {
                  long pending = log.pendingByTable().getOrDefault(table.table(), 0L);
                  return new TableBalance(
                      table.table(),
                      table.name(),
                      table.dropped(),
                      new Balance(
                          table.counts().accepted() + pending,
                          table.counts().visible(),
                          table.counts().duplicates(),
                          table.counts().quarantined(),
                          pending));
                })
            .toList();
    Balance balance =
        new Balance(
            log.accepted(),
            account.tables().stream().mapToLong(table -> table.counts().visible()).sum(),
            account.tables().stream().mapToLong(table -> table.counts().duplicates()).sum(),
            account.tableless()
                + account.tables().stream().mapToLong(table -> table.counts().quarantined()).sum(),
            log.pending());
    return new ShardBalance(account, log, balance, tables, settled);
  }
}
