package io.duckmesh.catalog.postgres;

import io.duckmesh.catalog.NewestTables;
import io.duckmesh.catalog.Snapshot;
import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.TenantId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Finds a tenant's newest snapshot and its tables. Every query of a client waits for this, and Jdbi
 * takes longer to run a statement of its size than the server, so it goes without.
 */
final class NewestTablesStatement {
  /**
   * The snapshot in a row for each of the names that it has a table of, as they were asked for, or
   * in one row without a name. One statement, so all of it is of one moment.
   */
  private static final String SQL =
      """
      WITH newest AS (
        SELECT tenant_id, snapshot_id, committed_at, operation
        FROM catalog.snapshot
        WHERE tenant_id = ?
        ORDER BY snapshot_id DESC
        LIMIT 1
      )
      SELECT n.snapshot_id, n.committed_at, n.operation, t.asked AS name,
             (SELECT max(c.snapshot_id)
              FROM catalog.snapshot_table c
              WHERE c.table_id = t.table_id
                AND c.snapshot_id <= n.snapshot_id) AS changed_in
      FROM newest n
      LEFT JOIN (
        unnest(?) AS a(asked)
        JOIN catalog.tenant_table ON lower(name COLLATE "C") = lower(asked COLLATE "C")
      ) t
        ON t.tenant_id = n.tenant_id
        AND t.created_in <= n.snapshot_id
        AND (t.dropped_in IS NULL OR t.dropped_in > n.snapshot_id)
      """;

  /** Empty if there is no such tenant. */
  static Optional<NewestTables> run(Connection connection, TenantId tenant, Set<String> tableNames)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(SQL)) {
      statement.setString(1, tenant.value());
      statement.setArray(2, connection.createArrayOf("text", tableNames.toArray(String[]::new)));
      try (ResultSet row = statement.executeQuery()) {
        if (!row.next()) {
          return Optional.empty();
        }
        Snapshot snapshot =
            new Snapshot(
                tenant,
                new SnapshotId(row.getLong("snapshot_id")),
                Rows.instant(row, "committed_at"),
                row.getString("operation"));
        Map<String, SnapshotId> changedIn = new HashMap<>();
        do {
          String name = row.getString("name");
          if (name != null) {
            changedIn.put(name, new SnapshotId(row.getLong("changed_in")));
          }
        } while (row.next());
        return Optional.of(new NewestTables(snapshot, changedIn));
      }
    }
  }

  private NewestTablesStatement() {}
}
