package io.duckmesh.catalog.postgres;

import io.duckmesh.catalog.DataFile;
import io.duckmesh.catalog.ManifestChange;
import io.duckmesh.catalog.NewestTables;
import io.duckmesh.catalog.Snapshot;
import io.duckmesh.catalog.SnapshotExpiredException;
import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.SnapshotNotFoundException;
import io.duckmesh.catalog.Snapshots;
import io.duckmesh.catalog.TableInfo;
import io.duckmesh.catalog.TableManifest;
import io.duckmesh.catalog.TableNotFoundException;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.postgres.SnapshotDao.KnownSnapshot;
import io.duckmesh.catalog.postgres.SnapshotDao.LastChange;
import io.duckmesh.catalog.postgres.TableDao.TableAtSnapshot;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Reads states that never change: a committed snapshot needs no transaction around the statements
 * that read it, only a look afterwards whether it has expired meanwhile.
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
    return database.withHandle(
        "load snapshot " + id + " of tenant " + tenant, handle -> load(handle, tenant, id));
  }

  private static Snapshot load(Handle handle, TenantId tenant, SnapshotId id) {
    SnapshotDao dao = handle.attach(SnapshotDao.class);
    Optional<KnownSnapshot> found = dao.find(tenant.value(), id.value());
    if (found.isPresent() && found.get().readable()) {
      return found.get().snapshot();
    }
    if (found.isPresent() || dao.existed(tenant.value(), id.value())) {
      throw new SnapshotExpiredException("Snapshot %s has expired".formatted(id));
    }
    throw new SnapshotNotFoundException("Snapshot not found: " + id);
  }

  @Override
  public Snapshot asOf(TenantId tenant, Instant at) {
    Optional<KnownSnapshot> found =
        database.call(
            "find the snapshot of tenant " + tenant + " as of " + at,
            SnapshotDao.class,
            dao -> dao.findAsOf(tenant.value(), at));
    if (found.isPresent() && found.get().readable()) {
      return found.get().snapshot();
    }
    if (found.isPresent()
        || database.call(
            "look for expired snapshots of tenant " + tenant,
            SnapshotDao.class,
            dao -> dao.hasExpired(tenant.value()))) {
      throw new SnapshotExpiredException("The snapshot as of %s has expired".formatted(at));
    }
    throw new SnapshotNotFoundException("No snapshot is as old as " + at);
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
    return database.withHandle(
        "load table " + tableName + " of tenant " + tenant + " at snapshot " + id,
        handle -> {
          TableAtSnapshot found = findAt(handle, tenant, id, tableName);
          SnapshotDao dao = handle.attach(SnapshotDao.class);
          UUID table = found.table().id().value();
          List<DataFile> files = dao.files(table, id.value());
          // Files vanish only after the snapshot can not be read: these are all if it still can.
          if (!dao.isReadable(table, id.value())) {
            throw expired(tableName, id);
          }
          return new TableManifest(found.table(), found.changedIn(), files);
        });
  }

  /**
   * The table at a snapshot where it can be read, as this moment sees it.
   *
   * @throws TableNotFoundException if the snapshot has no such table
   * @throws SnapshotNotFoundException if the tenant never had it
   * @throws SnapshotExpiredException if the table can not be read there
   */
  static TableAtSnapshot findAt(Handle handle, TenantId tenant, SnapshotId id, String tableName) {
    Optional<TableAtSnapshot> found =
        handle.attach(TableDao.class).findAt(tenant.value(), id.value(), tableName);
    if (found.isEmpty()) {
      load(handle, tenant, id);
      throw new TableNotFoundException(tenant, tableName);
    }
    if (!found.get().readable()) {
      throw expired(tableName, id);
    }
    return found.get();
  }

  private static SnapshotExpiredException expired(String tableName, SnapshotId id) {
    return new SnapshotExpiredException(
        "Snapshot %s of table %s has expired".formatted(id, tableName));
  }

  @Override
  public ManifestChange changesSince(
      TenantId tenant, SnapshotId after, SnapshotId id, String tableName) {
    if (after.compareTo(id) > 0) {
      throw new IllegalArgumentException(
          "Snapshot %s is later than snapshot %s".formatted(after, id));
    }
    return database.withHandle(
        "load changes of table " + tableName + " of tenant " + tenant + " after " + after,
        handle -> {
          TableAtSnapshot found = findAt(handle, tenant, id, tableName);
          SnapshotDao dao = handle.attach(SnapshotDao.class);
          UUID table = found.table().id().value();
          List<DataFile> added = dao.filesAddedAfter(table, after.value(), id.value());
          Set<String> removed = dao.filesRemovedAfter(table, after.value(), id.value());
          if (!dao.isReadable(table, id.value())) {
            throw expired(tableName, id);
          }
          if (!dao.isKnown(table, after.value())) {
            throw expired(tableName, after);
          }
          return new ManifestChange(found.table(), found.changedIn(), added, removed);
        });
  }

  @Override
  public Optional<SnapshotId> changedIn(TenantId tenant, SnapshotId id, String tableName) {
    Optional<LastChange> change =
        database.call(
            "find the last change of table " + tableName + " of tenant " + tenant,
            SnapshotDao.class,
            dao -> dao.changedIn(tenant.value(), id.value(), tableName));
    if (change.isEmpty()) {
      load(tenant, id);
      return Optional.empty();
    }
    Long changedIn = change.get().changedIn();
    if (changedIn == null || !change.get().readable()) {
      throw expired(tableName, id);
    }
    return Optional.of(new SnapshotId(changedIn));
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
