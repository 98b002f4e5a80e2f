package io.duckmesh.catalog;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/**
 * Landing a batch: begin, register files before they are written, prepare, commit. What a write has
 * registered, keys included, has no effect until it is committed, and then all of it at once.
 *
 * <p>One shard has one effective writer: the compare-and-set of its watermark in {@link #commit}.
 * So what {@link #findLanded} answered between begin and commit still holds when the commit
 * succeeds.
 *
 * <p>Keys are known for the table's window, counted from commit to {@link #findLanded}. The ledger
 * knows days only and the commit comes after its keys were recorded; that a write is too old to be
 * committed after {@link #LONGEST_WRITE} bounds the difference.
 */
public interface Writes {
  /** How long after its begin a write can be committed. */
  Duration LONGEST_WRITE = Duration.ofDays(1);

  /**
   * Begins a write of the positions after {@code after} up to {@code upTo}.
   *
   * @throws CommitConflictException if the shard's watermark is not {@code after}: the batch has
   *     landed
   * @throws IllegalArgumentException if there is no such shard
   */
  WriteId begin(ShardId shard, long after, long upTo, String owner);

  /**
   * Registers objects that are about to be written, so that collection knows them if the write
   * dies. All of them or none.
   *
   * @throws CommitConflictException if the write is over: lost or abandoned
   * @throws IllegalStateException if the write is prepared
   * @throws IllegalArgumentException if the table does not live on the write's shard, or an object
   *     key was registered before, by whomever
   */
  void registerPending(WriteId write, TableId table, List<String> objectKeys);

  /**
   * Those of the keys that have landed in the table within its key window. Days are remembered
   * whole, so an answer may reach back up to two days further than the window, never less far.
   */
  Set<KeyHash> findLanded(TableId table, Collection<KeyHash> keys);

  /**
   * Records keys that land with this write. May be called several times, with different keys.
   *
   * @throws CommitConflictException if the write is over: lost or abandoned
   * @throws IllegalStateException if the write is prepared
   * @throws IllegalArgumentException if the table does not live on the write's shard
   */
  void recordKeys(WriteId write, TableId table, Collection<KeyHash> keys);

  /**
   * Records what the commit will make visible. May be called once per write.
   *
   * @throws CommitConflictException if the write is over: lost or abandoned
   * @throws IllegalStateException if the write is prepared
   * @throws IllegalArgumentException if a file is not registered as pending by this write, a table
   *     does not live on its shard or is counted twice, or an outcome's position is not in it
   */
  void prepare(WriteId write, PreparedWrite prepared);

  /**
   * Commits a prepared write in one transaction: moves the watermark from {@code after} to {@code
   * upTo} if it still is {@code after}, makes the files, keys and outcomes effective, counts, and
   * creates the snapshot. Waiters of {@link Watermarks#await} are woken. Repeatable: a write that
   * has been committed answers with its commit.
   *
   * <p>A table that was dropped meanwhile hinders the commit only if it would get rows: a batch
   * that counts all events of a dropped table as quarantined lands, so that its shard moves on.
   *
   * @throws CommitConflictException if the watermark has moved, a table that would get files or
   *     visible events was dropped, or the write was abandoned or begun longer than {@link
   *     #LONGEST_WRITE} ago; nothing was committed, the write is over and its files are left to
   *     collection
   * @throws CommitStateUnknownException if it cannot be told; calling again tells
   * @throws IllegalStateException if the write is not prepared
   */
  Commit commit(WriteId write);

  /**
   * Gives a write up: its files are left to collection. Does nothing if it was committed or is
   * over.
   */
  void abandon(WriteId write);

  /**
   * Forgets what no table's key window reaches any more: days of event keys, what became of
   * segments, and the writes that they name; and request keys that are beyond their table's window.
   * Files and snapshots stay. Writes with files that never became visible stay, so that collection
   * finds these. Repeatable.
   */
  void expireKeys();
}
