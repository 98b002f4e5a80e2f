package io.duckmesh.catalog.postgres;

import io.duckmesh.catalog.ManifestChange;
import io.duckmesh.catalog.NewestTables;
import io.duckmesh.catalog.Snapshot;
import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.SnapshotNotFoundException;
import io.duckmesh.catalog.Snapshots;
import io.duckmesh.catalog.TableInfo;
import io.duckmesh.catalog.TableManifest;
import io.duckmesh.catalog.TableNotFoundException;
import io.duckmesh.catalog.TenantId;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Reads states that never change: a committed snapshot needs no transaction around the statements
 * that read it.
 */
final class JdbiSnapshots implements Snapshots {
  private final Database database;

  JdbiSnapshots(Database database) {
    this.database = database;
  }

  @Override
  public Snapshot newest(TenantId tenant) {
    return database
        .call(
            "find the newest snapshot of tenant " + tenant,
            SnapshotDao.class,
            dao -> dao.findNewest(tenant.value()))
        .orElseThrow(() -> new IllegalArgumentException("Tenant does not exist: " + tenant));
  }

  @Override
  public Snapshot load(TenantId tenant, SnapshotId id) {
    return database
        .call(
            "load snapshot " + id + " of tenant " + tenant,
            SnapshotDao.class,
            dao -> dao.find(tenant.value(), id.value()))
        .orElseThrow(() -> new SnapshotNotFoundException("Snapshot not found: " + id));
  }

  @Override
  public Snapshot asOf(TenantId tenant, Instant at) {
    return database
        .call(
            "find the snapshot of tenant " + tenant + " as of " + at,
            SnapshotDao.class,
            dao -> dao.findAsOf(tenant.value(), at))
        .orElseThrow(() -> new SnapshotNotFoundException("No snapshot is as old as " + at));
  }

  @Override
  public List<Snapshot> list(TenantId tenant, @Nullable SnapshotId before, int limit) {
    long beforeId = before == null ? Long.MAX_VALUE : before.value();
    return database.call(
        "list snapshots of tenant " + tenant,
        SnapshotDao.class,
        dao -> dao.list(tenant.value(), beforeId, limit));
  }

  @Override
  public List<TableInfo> tables(TenantId tenant, SnapshotId id) {
    load(tenant, id);
    return database.call(
        "list tables of tenant " + tenant + " at snapshot " + id,
        TableDao.class,
        dao -> dao.listAt(tenant.value(), id.value()));
  }

  @Override
  public TableManifest manifest(TenantId tenant, SnapshotId id, String tableName) {
    Optional<TableManifest> manifest =
        database.withHandle(
            "load table " + tableName + " of tenant " + tenant + " at snapshot " + id,
            handle ->
                handle
                    .attach(TableDao.class)
                    .findAt(tenant.value(), id.value(), tableName)
                    .map(
                        found ->
                            new TableManifest(
                                found.table(),
                                found.changedIn(),
                                handle
                                    .attach(SnapshotDao.class)
                                    .files(found.table().id().value(), id.value()))));
    if (manifest.isEmpty()) {
      load(tenant, id);
      throw new TableNotFoundException(tenant, tableName);
    }
    return manifest.get();
  }

  @Override
  public ManifestChange changesSince(
      TenantId tenant, SnapshotId after, SnapshotId id, String tableName) {
    if (after.compareTo(id) > 0) {
      throw new IllegalArgumentException(
          "Snapshot %s is later than snapshot %s".formatted(after, id));
    }
    Optional<ManifestChange> change =
        database.withHandle(
            "load changes of table " + tableName + " of tenant " + tenant + " after " + after,
            handle ->
                handle
                    .attach(TableDao.class)
                    .findAt(tenant.value(), id.value(), tableName)
                    .map(
                        found -> {
                          SnapshotDao dao = handle.attach(SnapshotDao.class);
                          UUID table = found.table().id().value();
                          return new ManifestChange(
                              found.table(),
                              found.changedIn(),
                              dao.filesAddedAfter(table, after.value(), id.value()),
                              dao.filesRemovedAfter(table, after.value(), id.value()));
                        }));
    if (change.isEmpty()) {
      load(tenant, id);
      throw new TableNotFoundException(tenant, tableName);
    }
    return change.get();
  }

  @Override
  public Optional<SnapshotId> changedIn(TenantId tenant, SnapshotId id, String tableName) {
    Optional<SnapshotId> changedIn =
        database
            .call(
                "find the last change of table " + tableName + " of tenant " + tenant,
                SnapshotDao.class,
                dao -> dao.changedIn(tenant.value(), id.value(), tableName))
            .map(SnapshotId::new);
    if (changedIn.isEmpty()) {
      load(tenant, id);
    }
    return changedIn;
  }

  @Override
  public NewestTables newestTables(TenantId tenant, Set<String> tableNames) {
    return database
        .withConnection(
            "find the newest snapshot of tenant " + tenant,
            connection -> NewestTablesStatement.run(connection, tenant, tableNames))
        .orElseThrow(() -> new IllegalArgumentException("Tenant does not exist: " + tenant));
  }
}
