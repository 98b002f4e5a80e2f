package io.duckmesh.catalog.postgres;

import io.duckmesh.catalog.LandedSegment;
import io.duckmesh.catalog.SegmentForgottenException;
import io.duckmesh.catalog.ShardId;
import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.Watermark;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.mapper.RowMapper;
import org.jdbi.v3.core.statement.StatementContext;
import org.jdbi.v3.sqlobject.config.RegisterRowMapper;
import org.jdbi.v3.sqlobject.statement.SqlQuery;

@RegisterRowMapper(WatermarkDao.WatermarkMapper.class)
@RegisterRowMapper(WatermarkDao.LandedSegmentMapper.class)
interface WatermarkDao {
  @SqlQuery(
      """
      SELECT shard_id, tenant_id, watermark, snapshot_id
      FROM catalog.shard
      ORDER BY shard_id COLLATE "C"
      """)
  List<Watermark> list();

  @SqlQuery(
      """
      SELECT shard_id, tenant_id, watermark, snapshot_id
      FROM catalog.shard
      WHERE shard_id = ANY (:shardIds)
      """)
  List<Watermark> listOf(String[] shardIds);

  @SqlQuery(
      """
      SELECT shard_id, tenant_id, watermark, snapshot_id
      FROM catalog.shard
      WHERE shard_id = :shardId
      """)
  Optional<Watermark> find(String shardId);

  /** A position at or below the watermark; without a snapshot if its batch is forgotten. */
  @SqlQuery(
      """
      SELECT w.shard_id, w.tenant_id, b.snapshot_id, s.committed_at, s.operation,
             :position AS position,
             coalesce(o.duplicates, 0) AS duplicates,
             coalesce(o.quarantined, 0) AS quarantined,
             o.reason
      FROM catalog.shard w
      LEFT JOIN LATERAL (
        SELECT tenant_id, snapshot_id, write_id, prepared_day
        FROM catalog.landed_batch
        WHERE shard_id = :shardId
          AND up_to_position >= :position
          AND after_position < :position
        ORDER BY up_to_position
        LIMIT 1
      ) b ON true
      LEFT JOIN catalog.snapshot s
        ON s.tenant_id = b.tenant_id
        AND s.snapshot_id = b.snapshot_id
      LEFT JOIN catalog.segment_outcome o
        ON o.day = b.prepared_day
        AND o.write_id = b.write_id
        AND o.position = :position
      WHERE w.shard_id = :shardId
        AND w.watermark >= :position
        AND :position >= 1
      """)
  Optional<LandedSegment> findLanded(String shardId, long position);

  /** Maps a row of {@code shard}. */
  final class WatermarkMapper implements RowMapper<Watermark> {
    @Override
    public Watermark map(ResultSet row, StatementContext context) throws SQLException {
      return new Watermark(
          new ShardId(row.getString("shard_id")),
          new TenantId(row.getString("tenant_id")),
          row.getLong("watermark"),
          new SnapshotId(row.getLong("snapshot_id")));
    }
  }

  /** Maps a position with its batch and its outcome. */
  final class LandedSegmentMapper implements RowMapper<LandedSegment> {
    @Override
    public LandedSegment map(ResultSet row, StatementContext context) throws SQLException {
      if (row.getObject("snapshot_id") == null) {
        throw new SegmentForgottenException(
            "Position %d of shard %s landed so long ago that what became of it is not kept"
                .formatted(row.getLong("position"), row.getString("shard_id")));
      }
      return new LandedSegment(
          new ShardId(row.getString("shard_id")),
          row.getLong("position"),
          new SnapshotDao.SnapshotMapper().map(row, context),
          row.getLong("duplicates"),
          row.getLong("quarantined"),
          row.getString("reason"));
    }
  }
}
