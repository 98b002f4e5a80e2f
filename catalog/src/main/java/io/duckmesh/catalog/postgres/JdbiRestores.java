package io.duckmesh.catalog.postgres;

import io.duckmesh.catalog.Snapshot;
import io.duckmesh.catalog.SnapshotExpiredException;
import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.TableExistsException;
import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.TableInfo;
import io.duckmesh.catalog.TableNotFoundException;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.postgres.RestoreDao.DifferenceRow;
import io.duckmesh.catalog.postgres.RestoreDao.LastDrop;
import io.duckmesh.catalog.upkeep.DroppedTable;
import io.duckmesh.catalog.upkeep.RestorePlan;
import io.duckmesh.catalog.upkeep.Restored;
import io.duckmesh.catalog.upkeep.Restores;
import java.time.Clock;
import java.util.List;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Each change locks the tenant and then the tenant's history: so nothing that it takes up again
 * expires meanwhile.
 */
final class JdbiRestores implements Restores {
  private final Database database;
  private final Clock clock;

  JdbiRestores(Database database, Clock clock) {
    this.database = database;
    this.clock = clock;
  }

  @Override
  public RestorePlan plan(TenantId tenant, String tableName, SnapshotId to) {
    return database.inTransaction(
        "plan the restore of table " + tableName + " of tenant " + tenant,
        handle -> plan(handle, tenant, tableName, to));
  }

  private static RestorePlan plan(Handle handle, TenantId tenant, String tableName, SnapshotId to) {
    TableInfo table =
        handle
            .attach(TableDao.class)
            .findLive(tenant.value(), tableName)
            .orElseThrow(() -> new TableNotFoundException(tenant, tableName));
    TableInfo then = JdbiSnapshots.findAt(handle, tenant, to, tableName).table();
    if (!then.id().equals(table.id())) {
      throw new TableNotFoundException(tenant, tableName);
    }
    DifferenceRow difference =
        handle.attach(RestoreDao.class).difference(table.id().value(), to.value());
    return new RestorePlan(
        table.id(),
        table.name(),
        to,
        difference.rowsBefore(),
        difference.rowsAfter(),
        difference.filesEnded(),
        difference.filesBegun());
  }

  @Override
  public Restored restore(TenantId tenant, String tableName, SnapshotId to) {
    return database.inTransaction(
        "restore table " + tableName + " of tenant " + tenant,
        handle -> {
          lock(handle, tenant);
          RestorePlan plan = plan(handle, tenant, tableName, to);
          Snapshot snapshot = nextSnapshot(handle, tenant, "restore");
          UUID table = plan.table().value();
          long id = snapshot.id().value();
          RestoreDao dao = handle.attach(RestoreDao.class);
          dao.begin(table, to.value(), id);
          dao.end(table, to.value(), id);
          dao.count(table, plan.rowsAfter() - plan.rowsBefore());
          handle.attach(SnapshotDao.class).insertChange(table, id);
          return new Restored(snapshot, plan);
        });
  }

  @Override
  public Snapshot undrop(TenantId tenant, String tableName, @Nullable TableId table) {
    return database.inTransaction(
        "undrop table " + tableName + " of tenant " + tenant,
        handle -> {
          lock(handle, tenant);
          Snapshot snapshot = nextSnapshot(handle, tenant, "undrop_table");
          RestoreDao dao = handle.attach(RestoreDao.class);
          handle
              .attach(TableDao.class)
              .findLiveName(tenant.value(), tableName)
              .ifPresent(
                  existing -> {
                    throw new TableExistsException(tenant, existing);
                  });
          LastDrop drop =
              dao.findLastDrop(tenant.value(), tableName, table == null ? null : table.value())
                  .orElseThrow(() -> new TableNotFoundException(tenant, tableName));
          if (!drop.readable()) {
            throw new SnapshotExpiredException(
                "Snapshot %d, the last one that had table %s, has expired"
                    .formatted(drop.droppedIn() - 1, tableName));
          }
          dao.insertAbsence(drop.tableId(), snapshot.id().value());
          dao.undrop(drop.tableId());
          handle.attach(SnapshotDao.class).insertChange(drop.tableId(), snapshot.id().value());
          return snapshot;
        });
  }

  @Override
  public List<DroppedTable> dropped(TenantId tenant) {
    return database.call(
        "list dropped tables of tenant " + tenant,
        RestoreDao.class,
        dao -> dao.dropped(tenant.value()));
  }

  private static void lock(Handle handle, TenantId tenant) {
    if (handle.attach(TenantDao.class).lock(tenant.value()).isEmpty()) {
      throw doesNotExist(tenant);
    }
    JdbiRetention.lock(handle, tenant);
  }

  private Snapshot nextSnapshot(Handle handle, TenantId tenant, String operation) {
    return handle
        .attach(SnapshotDao.class)
        .create(tenant.value(), clock.instant(), operation)
        .orElseThrow(() -> doesNotExist(tenant));
  }

  private static IllegalArgumentException doesNotExist(TenantId tenant) {
    return new IllegalArgumentException("Tenant does not exist: " + tenant);
  }
}
