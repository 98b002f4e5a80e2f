package io.duckmesh.catalog;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Runs that compare what there is with what the catalog says, what they look at and found. */
public interface Verifications {
  /** So many findings of a run are kept; more say nothing new. */
  int MAX_FINDINGS = 10_000;

  /**
   * Begins a run of the tenant, at its newest snapshot; runs of it that have not finished are
   * abandoned. Repeatable: a run that was begun before is answered as it is.
   *
   * @throws IllegalArgumentException if there is no such tenant, or the run is another tenant's
   */
  VerifyRun begin(String runId, TenantId tenant);

  /**
   * Says how far the run is. Does nothing if it has finished.
   *
   * @param shards shards looked at so far
   * @param files files looked at so far
   * @param bytes bytes of them
   */
  void advance(String runId, int shards, long files, long bytes);

  /**
   * Keeps findings of the run, up to {@link #MAX_FINDINGS}. Repeatable: of one kind and subject the
   * first one stays.
   */
  void record(String runId, List<VerifyFinding> findings);

  /**
   * Finishes the run: it has passed if it has no findings. Repeatable: a run that has finished, or
   * was abandoned, stays as it is.
   *
   * @throws IllegalArgumentException if there is no such run
   */
  VerifyRun finish(String runId);

  /** Finds a run of the tenant. */
  Optional<VerifyRun> find(TenantId tenant, String runId);

  /** Runs of the tenant, the one that began last first. */
  List<VerifyRun> list(TenantId tenant, int limit);

  /** What the run has found so far, by kind and subject. */
  List<VerifyFinding> findings(String runId);

  /**
   * Files of any table of the tenant, dropped ones too, that snapshots up to {@code snapshot} have,
   * after the object key {@code after} (null: from the first), in an order that does not change.
   */
  List<StoredFile> files(TenantId tenant, SnapshotId snapshot, @Nullable String after, int limit);

  /** Whether a snapshot still has the file. */
  boolean isLive(String objectKey);

  /** Commits of the shard that end after the position, in order of their positions. */
  List<LandedBatch> landed(ShardId shard, long after, int limit);

  /**
   * Commits of the shard that are not among the {@link #landed} ones although it is too early to
   * forget them, in order of their positions. What is being forgotten while this reads is not among
   * them.
   */
  List<LandedBatch> forgotten(ShardId shard, int limit);

  /**
   * Of the commits that end after the position {@code after} and not after {@code upTo}, those that
   * count other events than the outcomes of their segments, in order of their positions. One that
   * is being forgotten while this reads may be among them; it is not a second time.
   */
  List<UnevenCommit> uneven(ShardId shard, long after, long upTo);
}
