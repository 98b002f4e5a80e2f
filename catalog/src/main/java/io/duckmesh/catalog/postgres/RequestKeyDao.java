package io.duckmesh.catalog.postgres;

import io.duckmesh.catalog.KeyHash;
import io.duckmesh.catalog.RequestClaim;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.mapper.RowMapper;
import org.jdbi.v3.core.statement.StatementContext;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.UseRowMapper;

interface RequestKeyDao {
  /** Claims the key unless a claim within the table's window stands; the claim that stands then. */
  @SqlQuery(
      """
      WITH standing AS (
        SELECT r.body_high, r.body_low, r.receipt_id
        FROM catalog.request_key r
        JOIN catalog.tenant_table t USING (table_id)
        WHERE r.table_id = :tableId
          AND r.request_key = :requestKey
          AND r.claimed_at >= CAST(:now AS timestamptz) - t.key_window_ms * interval '1 millisecond'
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
        RETURNING r.body_high, r.body_low, r.receipt_id
      )
      SELECT body_high, body_low, receipt_id
      FROM standing
      UNION ALL
      SELECT body_high, body_low, receipt_id
      FROM claimed
      """)
  @UseRowMapper(RequestClaimMapper.class)
  Optional<RequestClaim> claim(
      UUID tableId, String requestKey, long bodyHigh, long bodyLow, Instant now);

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
      return new RequestClaim(
          new KeyHash(row.getLong("body_high"), row.getLong("body_low")),
          row.getString("receipt_id"));
    }
  }
}
