package io.duckmesh.catalog.postgres;

import io.duckmesh.catalog.KeyHash;
import io.duckmesh.catalog.RequestClaim;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.mapper.RowMapper;
import org.jdbi.v3.core.statement.StatementContext;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;
import org.jdbi.v3.sqlobject.statement.UseRowMapper;
import org.jspecify.annotations.Nullable;

interface RequestKeyDao {
  /**
   * Claims the key unless a claim within the table's window stands; the claim that stands then. One
   * for the same body without a receipt is touched by the smallest step of its time, which keeps it
   * from being released. Empty if a rival made, completed or released the claim meanwhile.
   */
  @SqlQuery(
      """
      WITH standing AS (
        SELECT r.body_high, r.body_low, r.receipt_id,
               r.receipt_id IS NULL AND r.body_high = :bodyHigh AND r.body_low = :bodyLow AS shared
        FROM catalog.request_key r
        JOIN catalog.tenant_table t USING (table_id)
        WHERE r.table_id = :tableId
          AND r.request_key = :requestKey
          AND r.claimed_at >= CAST(:now AS timestamptz) - t.key_window_ms * interval '1 millisecond'
      ), touched AS (
        UPDATE catalog.request_key r
        SET claimed_at = r.claimed_at + interval '1 microsecond'
        FROM standing s
        WHERE s.shared
          AND r.table_id = :tableId
          AND r.request_key = :requestKey
          AND r.receipt_id IS NULL
          AND r.body_high = :bodyHigh
          AND r.body_low = :bodyLow
        RETURNING r.body_high, r.body_low, r.receipt_id
      ), claimed AS (
        INSERT INTO catalog.request_key AS r
          (table_id, request_key, body_high, body_low, claimed_at)
        SELECT t.table_id, :requestKey, :bodyHigh, :bodyLow, :now
        FROM catalog.tenant_table t
        WHERE t.table_id = :tableId
          AND NOT EXISTS (SELECT FROM standing)
        ON CONFLICT (table_id, request_key) DO UPDATE
        SET body_high = excluded.body_high,
            body_low = excluded.body_low,
            receipt_id = NULL,
            claimed_at = excluded.claimed_at
        WHERE r.claimed_at < (
          SELECT excluded.claimed_at - t.key_window_ms * interval '1 millisecond'
          FROM catalog.tenant_table t
          WHERE t.table_id = excluded.table_id)
        RETURNING r.body_high, r.body_low, r.receipt_id, r.claimed_at
      )
      SELECT body_high, body_low, receipt_id, CAST(NULL AS timestamptz) AS made_at
      FROM standing
      WHERE NOT shared
      UNION ALL
      SELECT body_high, body_low, receipt_id, NULL
      FROM touched
      UNION ALL
      SELECT body_high, body_low, receipt_id, claimed_at
      FROM claimed
      """)
  @UseRowMapper(RequestClaimMapper.class)
  Optional<RequestClaim> claim(
      UUID tableId, String requestKey, long bodyHigh, long bodyLow, Instant now);

  @SqlQuery(
      """
      SELECT r.body_high, r.body_low, r.receipt_id, CAST(NULL AS timestamptz) AS made_at
      FROM catalog.request_key r
      JOIN catalog.tenant_table t USING (table_id)
      WHERE r.table_id = :tableId
        AND r.request_key = :requestKey
        AND r.claimed_at >= CAST(:now AS timestamptz) - t.key_window_ms * interval '1 millisecond'
      """)
  @UseRowMapper(RequestClaimMapper.class)
  Optional<RequestClaim> find(UUID tableId, String requestKey, Instant now);

  /** Deletes the claim if it is as it was made: without a receipt, and touched by nobody. */
  @SqlUpdate(
      """
      DELETE FROM catalog.request_key
      WHERE table_id = :tableId
        AND request_key = :requestKey
        AND body_high = :bodyHigh
        AND body_low = :bodyLow
        AND receipt_id IS NULL
        AND claimed_at = :madeAt
      """)
  int release(UUID tableId, String requestKey, long bodyHigh, long bodyLow, Instant madeAt);

  @SqlQuery(
      """
      UPDATE catalog.request_key
      SET receipt_id = coalesce(receipt_id, :receiptId)
      WHERE table_id = :tableId
        AND request_key = :requestKey
      RETURNING receipt_id
      """)
  Optional<String> complete(UUID tableId, String requestKey, String receiptId);

  /** Maps a claim. */
  final class RequestClaimMapper implements RowMapper<RequestClaim> {
    @Override
    public RequestClaim map(ResultSet row, StatementContext context) throws SQLException {
      @Nullable OffsetDateTime madeAt = row.getObject("made_at", OffsetDateTime.class);
      return new RequestClaim(
          new KeyHash(row.getLong("body_high"), row.getLong("body_low")),
          row.getString("receipt_id"),
          madeAt == null ? null : madeAt.toInstant());
    }
  }
}
