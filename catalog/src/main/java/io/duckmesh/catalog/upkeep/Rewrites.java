package io.duckmesh.catalog.upkeep;

import io.duckmesh.catalog.CommitConflictException;
import io.duckmesh.catalog.CommitStateUnknownException;
import io.duckmesh.catalog.DataFile;
import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.TenantId;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Putting a file in the place of others: begin, register the new object before it is written,
 * prepare, publish. What a rewrite has registered has no effect until it is published. Earlier
 * snapshots keep the files that were there before.
 */
public interface Rewrites {
  /** How long after its begin a rewrite can be published. */
  Duration LONGEST_REWRITE = Duration.ofDays(1);

  /** So many files at most are rewritten at once. */
  int MOST_INPUTS = 1_000;

  /** Live tables that have changed since nothing was left to merge, by name. */
  List<DueTable> due(TenantId tenant);

  /** Says that nothing is left to merge of the table as it was after that change. Repeatable. */
  void nothingLeft(TableId table, SnapshotId changedIn);

  /**
   * Files that the newest snapshot has of a live table, after that place (null: from the first), in
   * order of place. A page is of one moment; pages are not.
   */
  List<LiveFile> liveFiles(TableId table, @Nullable Place after, int limit);

  /** The same with what the files hold of a column. */
  List<AgedFile> agedFiles(TableId table, int fieldId, @Nullable Place after, int limit);

  /** Counts of the tenant's live tables, by name. Reads an entry of every file. */
  List<TableFiles> count(TenantId tenant);

  /**
   * Begins a rewrite for each of the drafts, in their order. Earlier ones of the table of the same
   * kinds that have not been published are over: one run at a time works on a table. Drafts whose
   * files do not all live begin rewrites that are over.
   *
   * @throws IllegalArgumentException if there is no such table, or the draft of a rewrite has more
   *     than {@link #MOST_INPUTS} files
   */
  List<RewriteId> begin(String runId, TableId table, List<RewriteDraft> drafts);

  /**
   * @throws IllegalArgumentException if there is no such rewrite
   */
  Rewrite load(RewriteId id);

  /**
   * Registers an object that is about to be written, so that collection knows it if the rewrite
   * dies. Each attempt to write registers its own.
   *
   * @throws CommitConflictException if the rewrite is over
   * @throws IllegalStateException if it is prepared or published
   * @throws IllegalArgumentException if there is no such rewrite, or the key was registered before,
   *     by whomever
   */
  void registerPending(RewriteId id, String objectKey);

  /**
   * Records the file that takes the place of the others.
   *
   * @param output null if no row is left
   * @throws CommitConflictException if the rewrite is over
   * @throws IllegalStateException if it is prepared or published: another attempt was faster
   * @throws IllegalArgumentException if the file was not registered, or does not have as many rows
   *     as the kind of the rewrite allows
   */
  void prepare(RewriteId id, @Nullable DataFile output);

  /**
   * Publishes a prepared rewrite in one transaction: ends its inputs, begins its output in their
   * place, and creates the snapshot. Repeatable: one that has been published answers with its
   * commit.
   *
   * @throws CommitConflictException if an input lives no more, the table was dropped, or the
   *     rewrite is over or was begun longer than {@link #LONGEST_REWRITE} ago; nothing was changed,
   *     the rewrite is over and its files are left to collection
   * @throws CommitStateUnknownException if it cannot be told; calling again tells
   * @throws IllegalStateException if the rewrite is not prepared
   * @throws IllegalArgumentException if there is no such rewrite
   */
  RewriteCommit publish(RewriteId id);

  /** Gives a rewrite up. Does nothing if it was published or is over. */
  void abandon(RewriteId id);
}
