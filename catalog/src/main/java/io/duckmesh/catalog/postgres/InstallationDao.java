package io.duckmesh.catalog.postgres;

import io.duckmesh.catalog.Installation;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.UUID;
import org.jdbi.v3.core.mapper.RowMapper;
import org.jdbi.v3.core.statement.StatementContext;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;
import org.jdbi.v3.sqlobject.statement.UseRowMapper;

interface InstallationDao {
  @SqlUpdate(
      """
      INSERT INTO catalog.installation (secret, created_at)
      VALUES (:secret, :now)
      ON CONFLICT DO NOTHING
      """)
  void insertIfAbsent(byte[] secret, Instant now);

  @SqlQuery(
      """
      SELECT installation_id, secret
      FROM catalog.installation
      """)
  @UseRowMapper(InstallationMapper.class)
  Installation load();

  /** Maps a row of {@code installation}. */
  final class InstallationMapper implements RowMapper<Installation> {
    @Override
    public Installation map(ResultSet row, StatementContext context) throws SQLException {
      return new Installation(row.getObject("installation_id", UUID.class), row.getBytes("secret"));
    }
  }
}
