package io.duckmesh.bus.postgres;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.sqlobject.config.RegisterConstructorMapper;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;
import org.jspecify.annotations.Nullable;

/** Segments in quarantine, and what became of them. */
@RegisterConstructorMapper(QuarantineDao.QuarantineRow.class)
@RegisterConstructorMapper(QuarantineDao.EntryRow.class)
interface QuarantineDao {
  record QuarantineRow(
      long position,
      int rowCount,
      Instant publishedAt,
      byte[] payload,
      String reason,
      Instant quarantinedAt) {}

  /** An entry; its payload is null where it was not asked for. */
  record EntryRow(
      long entryId,
      String shard,
      long position,
      int rowCount,
      int sizeBytes,
      Instant publishedAt,
      @Nullable UUID tableId,
      String reason,
      Instant quarantinedAt,
      String state,
      @Nullable Instant finishedAt,
      @Nullable UUID replayTableId,
      @Nullable List<String> replayShards,
      @Nullable List<Long> replayPositions,
      @Nullable List<Integer> replayRows,
      byte @Nullable [] payload) {}

  /** The next segments after {@code after}, as many as begin within {@code pageBytes}. */
  @SqlQuery(
      """
      SELECT position, row_count, published_at, payload, reason, quarantined_at
      FROM (
        SELECT position, row_count, published_at, payload, reason, quarantined_at,
               sum(size_bytes) OVER (ORDER BY position) - size_bytes AS bytes_before
        FROM bus.quarantine
        WHERE shard_no = :shardNo AND position > :after AND position <= :upTo
          AND (state = 'quarantined' OR :finishedToo)
        ORDER BY position
        LIMIT 256
      ) page
      WHERE bytes_before < :pageBytes
      ORDER BY position
      """)
  List<QuarantineRow> listPage(
      int shardNo, long after, long upTo, boolean finishedToo, long pageBytes);

  @SqlQuery(
      """
      SELECT CAST(coalesce(sum(row_count), 0) AS bigint)
      FROM bus.quarantine
      WHERE shard_no = :shardNo AND position <= :upTo
      """)
  long countRows(int shardNo, long upTo);

  /** Entries, the newest first. */
  @SqlQuery(
      """
      SELECT q.entry_id, s.shard, q.position, q.row_count, q.size_bytes, q.published_at, q.table_id,
             q.reason, q.quarantined_at, q.state, q.finished_at, q.replay_table_id,
             q.replay_shards, q.replay_positions, q.replay_rows, NULL::bytea AS payload
      FROM bus.quarantine q
      JOIN bus.shard s USING (shard_no)
      WHERE s.tenant = :tenant
        AND (CAST(:tableIds AS uuid[]) IS NULL OR q.table_id = ANY (CAST(:tableIds AS uuid[])))
        AND (CAST(:state AS text) IS NULL OR q.state = CAST(:state AS text))
        AND q.entry_id < :before
      ORDER BY q.entry_id DESC
      LIMIT :limit
      """)
  List<EntryRow> list(
      String tenant, UUID @Nullable [] tableIds, @Nullable String state, long before, int limit);

  @SqlQuery(
      """
      SELECT q.entry_id, s.shard, q.position, q.row_count, q.size_bytes, q.published_at, q.table_id,
             q.reason, q.quarantined_at, q.state, q.finished_at, q.replay_table_id,
             q.replay_shards, q.replay_positions, q.replay_rows,
             CASE WHEN q.state = 'quarantined' THEN q.payload END AS payload
      FROM bus.quarantine q
      JOIN bus.shard s USING (shard_no)
      WHERE q.entry_id = :entryId AND s.tenant = :tenant
      """)
  Optional<EntryRow> find(String tenant, long entryId);

  /** Keeps every other change of the entry waiting until the transaction ends. */
  @SqlQuery("SELECT entry_id FROM bus.quarantine WHERE entry_id = :entryId FOR UPDATE")
  Optional<Long> lock(long entryId);

  /** Keeps the bytes of what is not acknowledged: whoever lands its batch reads them. */
  @SqlUpdate(
      """
      UPDATE bus.quarantine q
      SET state = 'replayed', finished_at = clock_timestamp(),
          payload = CASE WHEN q.position <= c.acked THEN '' ELSE q.payload END,
          replay_table_id = :tableId,
          replay_shards = :shards,
          replay_positions = :positions,
          replay_rows = :rows
      FROM bus.shard_claim c
      WHERE q.entry_id = :entryId AND c.shard_no = q.shard_no
      """)
  void markReplayed(long entryId, UUID tableId, String[] shards, long[] positions, int[] rows);

  /** Keeps the bytes of what is not acknowledged: whoever lands its batch reads them. */
  @SqlUpdate(
      """
      UPDATE bus.quarantine q
      SET state = 'dropped', finished_at = clock_timestamp(),
          payload = CASE WHEN q.position <= c.acked THEN '' ELSE q.payload END
      FROM bus.shard_claim c
      WHERE q.entry_id = :entryId AND c.shard_no = q.shard_no
      """)
  void markDropped(long entryId);
}
