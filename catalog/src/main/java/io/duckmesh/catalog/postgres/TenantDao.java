package io.duckmesh.catalog.postgres;

import io.duckmesh.catalog.ApiKey;
import io.duckmesh.catalog.Role;
import io.duckmesh.catalog.TenantId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jdbi.v3.core.mapper.RowMapper;
import org.jdbi.v3.core.statement.StatementContext;
import org.jdbi.v3.sqlobject.config.RegisterRowMapper;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;

@RegisterRowMapper(TenantDao.ApiKeyMapper.class)
interface TenantDao {
  @SqlUpdate(
      """
      INSERT INTO catalog.tenant (tenant_id, newest_snapshot_id, newest_committed_at)
      VALUES (:tenantId, 1, :now)
      ON CONFLICT DO NOTHING
      """)
  int insertIfAbsent(String tenantId, Instant now);

  /** Locks the tenant's row to the end of the transaction; false if there is none. */
  @SqlQuery(
      """
      SELECT true
      FROM catalog.tenant
      WHERE tenant_id = :tenantId
      FOR NO KEY UPDATE
      """)
  Optional<Boolean> lock(String tenantId);

  @SqlUpdate(
      """
      INSERT INTO catalog.shard (shard_id, tenant_id, ordinal, snapshot_id)
      SELECT t.tenant_id || '-' || n, t.tenant_id, n, t.newest_snapshot_id
      FROM catalog.tenant t
      CROSS JOIN generate_series(0, :shards - 1) AS n
      WHERE t.tenant_id = :tenantId
      ON CONFLICT DO NOTHING
      """)
  int insertMissingShards(String tenantId, int shards);

  @SqlQuery(
      """
      SELECT tenant_id
      FROM catalog.tenant
      ORDER BY tenant_id COLLATE "C"
      """)
  List<String> list();

  @SqlQuery(
      """
      SELECT shard_id
      FROM catalog.shard
      WHERE tenant_id = :tenantId
      ORDER BY ordinal
      """)
  List<String> shards(String tenantId);

  @SqlUpdate(
      """
      INSERT INTO catalog.api_key (key_id, tenant_id, key_hash, label, roles, created_at)
      VALUES (:keyId, :tenantId, :hash, :label, :roles, :createdAt)
      """)
  int insertApiKey(
      String keyId, String tenantId, byte[] hash, String label, String[] roles, Instant createdAt);

  @SqlQuery(
      """
      SELECT key_id, tenant_id, key_hash, label, roles, created_at
      FROM catalog.api_key
      WHERE key_hash = :hash
        AND revoked_at IS NULL
      """)
  Optional<ApiKey> findApiKey(byte[] hash);

  @SqlQuery(
      """
      SELECT key_id, tenant_id, key_hash, label, roles, created_at
      FROM catalog.api_key
      WHERE tenant_id = :tenantId
        AND revoked_at IS NULL
      ORDER BY created_at, key_id COLLATE "C"
      """)
  List<ApiKey> listApiKeys(String tenantId);

  @SqlUpdate(
      """
      UPDATE catalog.api_key
      SET revoked_at = :now
      WHERE tenant_id = :tenantId
        AND key_id = :keyId
        AND revoked_at IS NULL
      """)
  int revokeApiKey(String tenantId, String keyId, Instant now);

  /** Maps a row of {@code api_key}. */
  final class ApiKeyMapper implements RowMapper<ApiKey> {
    @Override
    public ApiKey map(ResultSet row, StatementContext context) throws SQLException {
      return new ApiKey(
          row.getString("key_id"),
          new TenantId(row.getString("tenant_id")),
          row.getBytes("key_hash"),
          row.getString("label"),
          Rows.texts(row, "roles").stream().map(Role::valueOf).collect(Collectors.toSet()),
          Rows.instant(row, "created_at"));
    }
  }
}
