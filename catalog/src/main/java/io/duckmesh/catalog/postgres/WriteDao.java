package io.duckmesh.catalog.postgres;

import java.time.Instant;
import java.time.LocalDate;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import org.jdbi.v3.sqlobject.config.RegisterConstructorMapper;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;
import org.jspecify.annotations.Nullable;

interface WriteDao {
  /** Begins a write; empty if the shard's watermark is another. */
  @SqlQuery(
      """
      INSERT INTO catalog.write (shard_id, after_position, up_to_position, owner, begun_at)
      SELECT s.shard_id, :after, :upTo, :owner, :now
      FROM catalog.shard s
      WHERE s.shard_id = :shardId
        AND s.watermark = :after
      RETURNING write_id
      """)
  Optional<Long> begin(String shardId, long after, long upTo, String owner, Instant now);

  @SqlQuery(
      """
      SELECT watermark
      FROM catalog.shard
      WHERE shard_id = :shardId
      """)
  OptionalLong watermark(String shardId);

  @SqlQuery(
      """
      SELECT shard_id, state
      FROM catalog.write
      WHERE write_id = :writeId
      """)
  @RegisterConstructorMapper(WriteRow.class)
  Optional<WriteRow> find(long writeId);

  /** Registers objects of an open write; none if the table does not live on its shard. */
  @SqlUpdate(
      """
      INSERT INTO catalog.data_file (object_key, write_id, table_id, registered_at)
      SELECT o.object_key, w.write_id, ts.table_id, :now
      FROM catalog.write w
      JOIN catalog.table_shard ts USING (shard_id)
      CROSS JOIN unnest(:objectKeys) AS o(object_key)
      WHERE w.write_id = :writeId
        AND w.state = 'open'
        AND ts.table_id = :tableId
      """)
  int registerPending(long writeId, UUID tableId, String[] objectKeys, Instant now);

  /**
   * Marks an open write as prepared; 0 if a table does not live on its shard, or is there twice.
   */
  @SqlUpdate(
      """
      UPDATE catalog.write w
      SET state = 'prepared',
          prepared_day = :day,
          table_ids = :tableIds,
          accepted = :accepted,
          visible = :visible,
          duplicates = :duplicates,
          quarantined = :quarantined,
          tableless = :tableless
      WHERE w.write_id = :writeId
        AND w.state = 'open'
        AND cardinality(CAST(:tableIds AS uuid[])) = (
          SELECT count(*)
          FROM catalog.table_shard ts
          WHERE ts.shard_id = w.shard_id
            AND ts.table_id = ANY (:tableIds))
      """)
  int markPrepared(
      long writeId,
      LocalDate day,
      UUID[] tableIds,
      long[] accepted,
      long[] visible,
      long[] duplicates,
      long[] quarantined,
      long tableless);

  /** Inserts outcomes, of which those whose position is not in the write are left out. */
  @SqlUpdate(
      """
      INSERT INTO catalog.segment_outcome
        (day, write_id, position, table_id, row_count, duplicates, quarantined, reason)
      SELECT :day, w.write_id, o.position, o.table_id, o.row_count, o.duplicates, o.quarantined,
             o.reason
      FROM catalog.write w
      CROSS JOIN unnest(:positions, :tableIds, :rowCounts, :duplicates, :quarantined, :reasons)
        AS o(position, table_id, row_count, duplicates, quarantined, reason)
      WHERE w.write_id = :writeId
        AND o.position > w.after_position
        AND o.position <= w.up_to_position
      """)
  int insertOutcomes(
      LocalDate day,
      long writeId,
      long[] positions,
      @Nullable UUID[] tableIds,
      long[] rowCounts,
      long[] duplicates,
      long[] quarantined,
      @Nullable String[] reasons);

  @SqlUpdate(
      """
      UPDATE catalog.write
      SET state = 'over'
      WHERE write_id = :writeId
        AND state IN ('open', 'prepared')
      """)
  int abandon(long writeId);

  /** Where a write stands. */
  record WriteRow(String shardId, String state) {}
}
