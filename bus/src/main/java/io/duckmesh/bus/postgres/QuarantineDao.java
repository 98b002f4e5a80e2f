package io.duckmesh.bus.postgres;

import java.time.Instant;
import java.util.List;
import org.jdbi.v3.sqlobject.config.RegisterConstructorMapper;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;

/** Segments in quarantine. */
@RegisterConstructorMapper(QuarantineDao.QuarantineRow.class)
interface QuarantineDao {
  record QuarantineRow(
      long position,
      int rowCount,
      Instant publishedAt,
      byte[] payload,
      String reason,
      Instant quarantinedAt) {}

  /** The next segments after {@code after}, as many as begin within {@code pageBytes}. */
  @SqlQuery(
      """
      SELECT position, row_count, published_at, payload, reason, quarantined_at
      FROM (
        SELECT position, row_count, published_at, payload, reason, quarantined_at,
               sum(size_bytes) OVER (ORDER BY position) - size_bytes AS bytes_before
        FROM bus.quarantine
        WHERE shard_no = :shardNo AND position > :after
        ORDER BY position
        LIMIT 256
      ) page
      WHERE bytes_before < :pageBytes
      ORDER BY position
      """)
  List<QuarantineRow> listPage(int shardNo, long after, long pageBytes);

  @SqlUpdate("DELETE FROM bus.quarantine WHERE shard_no = :shardNo AND position = ANY (:positions)")
  void delete(int shardNo, long[] positions);
}
