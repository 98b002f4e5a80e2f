package io.duckmesh.catalog;

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
 */
public interface Writes {
  /**
   * Begins a write of the positions after {@code after} up to {@code upTo}.
   *
   * @throws CommitConflictException if the shard's watermark is not {@code after}: the batch has
   *     landed
   */
  WriteId begin(ShardId shard, long after, long upTo, String owner);

  /**
   * Registers objects that are about to be written, so that collection knows them if the write
   * dies.
   */
  void registerPending(WriteId write, TableId table, List<String> objectKeys);

  /** Those of the keys that committed writes to the table have recorded within its key window. */
  Set<KeyHash> findLanded(TableId table, Collection<KeyHash> keys);

  /** Records keys that land with this write. */
  void recordKeys(WriteId write, TableId table, Collection<KeyHash> keys);

  /** Records what the commit will make visible. May be called once per write. */
  void prepare(WriteId write, PreparedWrite prepared);

  /**
   * Commits a prepared write in one transaction: moves the watermark from {@code after} to {@code
   * upTo} if it still is {@code after}, makes the files, keys and outcomes effective, counts, and
   * creates the snapshot. Waiters of {@link Watermarks#await} are woken. Repeatable: a write that
   * has been committed answers with its commit.
   *
   * @throws CommitConflictException if the watermark has moved or a table of its files was dropped;
   *     nothing was committed, the write is over and its files are left to collection
   * @throws CommitStateUnknownException if it cannot be told; calling again tells
   */
  Commit commit(WriteId write);

  /**
   * Gives a write up: its files are left to collection. Does nothing if it was committed or is
   * over.
   */
  void abandon(WriteId write);

  /** Drops days of keys and of segment details that are beyond every table's window. Repeatable. */
  void expireKeys();
}
