package io.duckmesh.catalog.conservation;

import static java.util.Objects.requireNonNull;

import io.duckmesh.catalog.Accounts;
import io.duckmesh.catalog.ShardAccount;
import io.duckmesh.catalog.ShardId;

/**
 * Reads both sides of the equation so that they belong together, though catalog and log know
 * nothing of each other. May be used from any thread.
 *
 * <p>The catalog's side is read first: its counts end exactly at the watermark. The log's side is
 * counted from there to its head, and its segments never change; so commits and appends that happen
 * meanwhile are in neither side or in both. One thing can come between: the log may free segments
 * that have landed since. It frees only what is acknowledged, so this is seen, and both sides are
 * read anew.
 */
public final class Conservation {
  private static final int ATTEMPTS = 10;

  private final Accounts accounts;
  private final LogCounter log;

  public Conservation(Accounts accounts, LogCounter log) {
    this.accounts = requireNonNull(accounts, "accounts is null");
    this.log = requireNonNull(log, "log is null");
  }

  /**
   * Measures the shard as it stands now.
   *
   * @throws IllegalArgumentException if the catalog has no such shard
   */
  public ShardBalance measure(ShardId shard) {
    return measure(accounts.load(shard));
  }

  /** Measures the shard from an account that was just read. */
  public ShardBalance measure(ShardAccount account) {
    ShardAccount current = account;
    for (int attempt = 1; ; attempt++) {
      LogCounts counts = log.count(current.shard(), current.watermark());
      ShardBalance balance = ShardBalance.of(current, counts, true);
      if (balance.complete() || counts.acked() <= current.watermark()) {
        return balance;
      }
      ShardAccount next = accounts.load(current.shard());
      if (next.watermark() < counts.acked()) {
        // What is acknowledged beyond the watermark never landed: that is no accident of reading.
        return balance;
      }
      if (attempt == ATTEMPTS) {
        return ShardBalance.of(current, counts, false);
      }
      current = next;
    }
  }
}
