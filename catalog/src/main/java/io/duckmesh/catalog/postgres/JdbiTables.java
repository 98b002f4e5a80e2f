package io.duckmesh.catalog.postgres;

import io.duckmesh.catalog.ColumnDefinition;
import io.duckmesh.catalog.Snapshot;
import io.duckmesh.catalog.TableCounts;
import io.duckmesh.catalog.TableDraft;
import io.duckmesh.catalog.TableExistsException;
import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.TableInfo;
import io.duckmesh.catalog.TableNotFoundException;
import io.duckmesh.catalog.TableSchema;
import io.duckmesh.catalog.Tables;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.TooManyShardsException;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.UnableToExecuteStatementException;

final class JdbiTables implements Tables {
  private final Database database;
  private final Clock clock;

  JdbiTables(Database database, Clock clock) {
    this.database = database;
    this.clock = clock;
  }

  @Override
  public TableInfo create(TenantId tenant, TableDraft draft) {
    if (draft.columns().isEmpty()) {
      throw new IllegalArgumentException("Table has no columns: " + draft.name());
    }
    return database.inTransaction(
        "create table " + draft.name() + " of tenant " + tenant,
        handle -> {
          Snapshot snapshot = nextSnapshot(handle, tenant, "create_table");
          TableDao dao = handle.attach(TableDao.class);
          // The new snapshot locks the tenant: nobody else creates a table of that name meanwhile.
          dao.findLiveName(tenant.value(), draft.name())
              .ifPresent(
                  existing -> {
                    throw new TableExistsException(tenant, existing);
                  });
          UUID tableId = insertTable(dao, tenant, draft, snapshot);
          dao.insertSchema(tableId, 1, snapshot.id().value());
          insertColumns(dao, tableId, draft.columns());
          int shards = dao.insertShards(tableId, tenant.value(), draft.settings().shards());
          if (shards < draft.settings().shards()) {
            throw new TooManyShardsException(
                tenant, draft.name(), draft.settings().shards(), shards);
          }
          handle.attach(SnapshotDao.class).insertChange(tableId, snapshot.id().value());
          return dao.find(tableId).orElseThrow();
        });
  }

  private static UUID insertTable(
      TableDao dao, TenantId tenant, TableDraft draft, Snapshot snapshot) {
    return dao.insert(
        tenant.value(),
        draft.name(),
        draft.eventKey().toArray(String[]::new),
        draft.sortBy().toArray(String[]::new),
        Math.max(1, draft.settings().keyWindow().toMillis()),
        snapshot.id().value(),
        snapshot.committedAt());
  }

  private static void insertColumns(TableDao dao, UUID tableId, List<ColumnDefinition> columns) {
    boolean[] required = new boolean[columns.size()];
    for (int i = 0; i < required.length; i++) {
      required[i] = columns.get(i).required();
    }
    try {
      dao.insertColumns(
          tableId,
          columns.stream().map(ColumnDefinition::name).toArray(String[]::new),
          columns.stream().map(ColumnDefinition::type).toArray(String[]::new),
          required,
          columns.stream().map(ColumnDefinition::defaultValue).toArray(String[]::new));
    } catch (UnableToExecuteStatementException e) {
      if (SqlFailures.violates(e, "table_column_table_id_schema_version_name_key")) {
        throw new IllegalArgumentException("Two columns of the table have the same name", e);
      }
      throw e;
    }
  }

  @Override
  public Optional<TableInfo> find(TenantId tenant, String name) {
    if (!isPossible(name)) {
      return Optional.empty();
    }
    return database.call(
        "find table " + name + " of tenant " + tenant,
        TableDao.class,
        dao -> dao.findLive(tenant.value(), name));
  }

  @Override
  public Optional<TableInfo> find(TableId table) {
    return database.call("find table " + table, TableDao.class, dao -> dao.find(table.value()));
  }

  @Override
  public List<TableInfo> listNamed(TenantId tenant, String name) {
    if (!isPossible(name)) {
      return List.of();
    }
    return database.call(
        "list tables named " + name + " of tenant " + tenant,
        TableDao.class,
        dao -> dao.listNamed(tenant.value(), name));
  }

  @Override
  public List<TableInfo> list(TenantId tenant) {
    return database.call(
        "list tables of tenant " + tenant, TableDao.class, dao -> dao.listLive(tenant.value()));
  }

  @Override
  public Optional<TableSchema> findSchema(TableId table, int version) {
    return database.call(
        "find schema " + version + " of table " + table,
        TableDao.class,
        dao -> dao.findSchema(table.value(), version));
  }

  @Override
  public Snapshot drop(TenantId tenant, String name) {
    if (!isPossible(name)) {
      throw new TableNotFoundException(tenant, name);
    }
    return database.inTransaction(
        "drop table " + name + " of tenant " + tenant,
        handle -> {
          Snapshot snapshot = nextSnapshot(handle, tenant, "drop_table");
          UUID tableId =
              handle
                  .attach(TableDao.class)
                  .drop(tenant.value(), name, snapshot.id().value())
                  .orElseThrow(() -> new TableNotFoundException(tenant, name));
          handle.attach(SnapshotDao.class).insertChange(tableId, snapshot.id().value());
          return snapshot;
        });
  }

  /** PostgreSQL refuses to look for text with a zero character, and no table's name has one. */
  private static boolean isPossible(String name) {
    return name.indexOf('\0') < 0;
  }

  @Override
  public TableCounts counts(TableId table) {
    return database
        .call("count events of table " + table, TableDao.class, dao -> dao.counts(table.value()))
        .orElseThrow(() -> new IllegalArgumentException("Table does not exist: " + table));
  }

  private Snapshot nextSnapshot(Handle handle, TenantId tenant, String operation) {
    return handle
        .attach(SnapshotDao.class)
        .create(tenant.value(), clock.instant(), operation)
        .orElseThrow(() -> new IllegalArgumentException("Tenant does not exist: " + tenant));
  }
}
