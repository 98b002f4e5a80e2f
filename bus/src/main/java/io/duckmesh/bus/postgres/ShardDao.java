package io.duckmesh.bus.postgres;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.sqlobject.config.RegisterConstructorMapper;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;
import org.jspecify.annotations.Nullable;

/** Shards, where they stand, and which partitions hold which positions. */
@RegisterConstructorMapper(ShardDao.ShardRow.class)
@RegisterConstructorMapper(ShardDao.StandingRow.class)
@RegisterConstructorMapper(ShardDao.PartitionRow.class)
interface ShardDao {
  record ShardRow(int shardNo, String shard, String tenant) {}

  /**
   * Where a shard stands.
   *
   * @param oldestPart the partition of the first position that is not acknowledged
   * @param flushPosition the position that somebody waits for
   * @param now the database's time, which decides about leases and linger
   */
  record StandingRow(
      int shardNo,
      long head,
      long appendedRows,
      long appendedBytes,
      long acked,
      long ackedRows,
      long ackedBytes,
      long claim,
      @Nullable String consumer,
      @Nullable Long upTo,
      @Nullable Instant leasedUntil,
      @Nullable Integer oldestPart,
      @Nullable Long flushPosition,
      Instant now) {
    boolean isLeased() {
      return leasedUntil != null && leasedUntil.isAfter(now);
    }

    boolean isFlushRequested() {
      return flushPosition != null && flushPosition > acked;
    }
  }

  record PartitionRow(int shardNo, int part, long sizeBytes) {}

  /** Adds the shard; empty if there is one of that name. Its partition is set afterwards. */
  @SqlQuery(
      """
      INSERT INTO bus.shard (shard, tenant, part)
      VALUES (:shard, :tenant, 0)
      ON CONFLICT (shard) DO NOTHING
      RETURNING shard_no
      """)
  Optional<Integer> insertShard(String shard, String tenant);

  @SqlUpdate("INSERT INTO bus.shard_claim (shard_no) VALUES (:shardNo)")
  void insertClaim(int shardNo);

  @SqlQuery(
      """
      INSERT INTO bus.segment_partition (shard_no, first_position)
      VALUES (:shardNo, :firstPosition)
      RETURNING part
      """)
  int insertPartition(int shardNo, @Nullable Long firstPosition);

  @SqlUpdate("UPDATE bus.shard SET part = :part WHERE shard_no = :shardNo")
  void setPartition(int shardNo, int part);

  @SqlQuery("SELECT shard_no, shard, tenant FROM bus.shard WHERE shard = :shard")
  Optional<ShardRow> findShard(String shard);

  @SqlQuery("SELECT shard_no, shard, tenant FROM bus.shard ORDER BY shard COLLATE \"C\"")
  List<ShardRow> listShards();

  @SqlQuery("SELECT head FROM bus.shard WHERE shard_no = :shardNo")
  long loadHead(int shardNo);

  @SqlQuery(
      """
      SELECT s.shard_no, s.head, s.appended_rows, s.appended_bytes,
             c.acked, c.acked_rows, c.acked_bytes,
             c.claim, c.consumer, c.up_to, c.leased_until,
             p.part AS oldest_part,
             f.position AS flush_position,
             clock_timestamp() AS now
      FROM bus.shard s
      JOIN bus.shard_claim c ON c.shard_no = s.shard_no
      LEFT JOIN bus.segment_partition p
        ON p.shard_no = s.shard_no
        AND p.first_position <= c.acked + 1
        AND (p.last_position IS NULL OR p.last_position > c.acked)
      LEFT JOIN bus.flush_request f ON f.shard_no = s.shard_no
      WHERE s.shard_no = :shardNo
      """)
  StandingRow loadStanding(int shardNo);

  /** Partitions that may hold positions after {@code after} up to {@code upTo}, in their order. */
  @SqlQuery(
      """
      SELECT part
      FROM bus.segment_partition
      WHERE shard_no = :shardNo
        AND first_position <= :upTo
        AND (last_position IS NULL OR last_position > :after)
      ORDER BY first_position
      """)
  List<Integer> listPartitions(int shardNo, long after, long upTo);

  /** Current partitions that are full, or large and wholly acknowledged. */
  @SqlQuery(
      """
      SELECT s.shard_no, s.part, s.part_bytes AS size_bytes
      FROM bus.shard s
      JOIN bus.shard_claim c USING (shard_no)
      WHERE s.part_bytes >= :fullBytes
         OR (s.part_bytes >= :largeBytes AND c.acked = s.head)
      """)
  List<PartitionRow> listCurrentToLeave(long fullBytes, long largeBytes);

  @SqlQuery(
      """
      SELECT p.shard_no, p.part, p.size_bytes
      FROM bus.segment_partition p
      JOIN bus.shard_claim c USING (shard_no)
      WHERE p.last_position <= c.acked
      ORDER BY p.part
      """)
  List<PartitionRow> listAcknowledged();

  /**
   * Makes the partition free, with the marks of its positions gone; 0 if it is not a sealed and
   * wholly acknowledged one, or another process is at it.
   */
  @SqlUpdate(
      """
      WITH emptied AS MATERIALIZED (
        SELECT p.part, p.shard_no, p.first_position, p.last_position
        FROM bus.segment_partition p
        JOIN bus.shard_claim c USING (shard_no)
        WHERE p.part = :part AND p.last_position <= c.acked
        FOR UPDATE OF p SKIP LOCKED
      ), unmarked AS (
        DELETE FROM bus.nacked n
        USING emptied e
        WHERE n.shard_no = e.shard_no AND n.position BETWEEN e.first_position AND e.last_position
      )
      UPDATE bus.segment_partition p
      SET first_position = NULL, last_position = NULL, size_bytes = 0
      FROM emptied e
      WHERE p.part = e.part
      """)
  int freePartition(int part);
}
