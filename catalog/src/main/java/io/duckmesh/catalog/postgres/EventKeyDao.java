package io.duckmesh.catalog.postgres;

import io.duckmesh.catalog.KeyHash;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.mapper.RowMapper;
import org.jdbi.v3.core.statement.StatementContext;
import org.jdbi.v3.sqlobject.config.RegisterConstructorMapper;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;
import org.jdbi.v3.sqlobject.statement.UseRowMapper;

interface EventKeyDao {
  @SqlQuery(
      """
      SELECT table_number, key_window_ms
      FROM catalog.tenant_table
      WHERE table_id = :tableId
      """)
  @RegisterConstructorMapper(Ledger.class)
  Optional<Ledger> ledger(UUID tableId);

  /**
   * Plans the rest of the transaction by index. A plan is kept by the session, and one that was
   * made while a day's partition was small would scan it for every key when it is large.
   */
  @SqlQuery(
      """
      SELECT set_config('enable_seqscan', 'off', true) || set_config('jit', 'off', true)
      """)
  String planByIndex();

  /** Those of the keys that a committed write has recorded for the table since that day. */
  @SqlQuery(
      """
      SELECT k.high, k.low
      FROM unnest(:highs, :lows) AS k(high, low)
      CROSS JOIN LATERAL (
        SELECT
        FROM catalog.event_key e
        JOIN catalog.write w USING (write_id)
        WHERE e.hash_high = k.high
          AND e.hash_low = k.low
          AND e.table_number = :tableNumber
          AND e.day >= :oldestDay
          AND w.state = 'committed'
        LIMIT 1
      ) landed
      """)
  @UseRowMapper(KeyHashMapper.class)
  Set<KeyHash> findLanded(int tableNumber, LocalDate oldestDay, long[] highs, long[] lows);

  /** Records keys of an open write; none if the table does not live on its shard. */
  @SqlUpdate(
      """
      INSERT INTO catalog.event_key (day, table_number, hash_high, hash_low, write_id)
      SELECT :day, t.table_number, k.high, k.low, w.write_id
      FROM catalog.write w
      JOIN catalog.table_shard ts USING (shard_id)
      JOIN catalog.tenant_table t USING (table_id)
      CROSS JOIN unnest(:highs, :lows) AS k(high, low)
      WHERE w.write_id = :writeId
        AND w.state = 'open'
        AND ts.table_id = :tableId
      """)
  int record(LocalDate day, long writeId, UUID tableId, long[] highs, long[] lows);

  /** What the ledger needs to know of a table. */
  record Ledger(int tableNumber, long keyWindowMs) {}

  /** Maps a key. */
  final class KeyHashMapper implements RowMapper<KeyHash> {
    @Override
    public KeyHash map(ResultSet row, StatementContext context) throws SQLException {
      return new KeyHash(row.getLong(1), row.getLong(2));
    }
  }
}
