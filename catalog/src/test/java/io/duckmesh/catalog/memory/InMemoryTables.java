package io.duckmesh.catalog.memory;

import static java.util.Comparator.comparing;
import static java.util.Comparator.comparingLong;

import io.duckmesh.catalog.ColumnDefinition;
import io.duckmesh.catalog.ShardId;
import io.duckmesh.catalog.Snapshot;
import io.duckmesh.catalog.TableCounts;
import io.duckmesh.catalog.TableDraft;
import io.duckmesh.catalog.TableExistsException;
import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.TableInfo;
import io.duckmesh.catalog.TableNotFoundException;
import io.duckmesh.catalog.TableSchema;
import io.duckmesh.catalog.TableSettings;
import io.duckmesh.catalog.Tables;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.TooManyShardsException;
import io.duckmesh.catalog.memory.State.Table;
import io.duckmesh.catalog.memory.State.Tenant;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.IntStream;

final class InMemoryTables implements Tables {
  private final State state;
  private final Clock clock;

  InMemoryTables(State state, Clock clock) {
    this.state = state;
    this.clock = clock;
  }

  @Override
  public TableInfo create(TenantId tenantId, TableDraft draft) {
    long names = draft.columns().stream().map(ColumnDefinition::name).distinct().count();
    if (draft.columns().isEmpty() || names < draft.columns().size()) {
      throw new IllegalArgumentException(
          "Table has no columns or two of one name: " + draft.name());
    }
    return state.locked(
        () -> {
          Tenant tenant = state.tenant(tenantId);
          live(tenantId, draft.name())
              .ifPresent(
                  existing -> {
                    throw new TableExistsException(tenantId, existing.info.name());
                  });
          if (draft.settings().shards() > tenant.shards.size()) {
            throw new TooManyShardsException(
                tenantId, draft.name(), draft.settings().shards(), tenant.shards.size());
          }
          List<ShardId> shards = leastUsed(tenant, draft.settings().shards());
          Snapshot snapshot = tenant.create(clock.instant(), "create_table");
          TableInfo info =
              new TableInfo(
                  new TableId(new UUID(1, state.tables.size() + 1L)),
                  tenantId,
                  draft.name(),
                  schema(draft),
                  draft.eventKey(),
                  draft.sortBy(),
                  settings(draft),
                  shards,
                  snapshot.id(),
                  null,
                  snapshot.committedAt());
          state.tables.put(info.id(), new Table(info));
          return info;
        });
  }

  private static TableSchema schema(TableDraft draft) {
    return new TableSchema(
        1,
        IntStream.range(0, draft.columns().size())
            .mapToObj(
                i -> {
                  ColumnDefinition column = draft.columns().get(i);
                  return new ColumnDefinition(
                      i + 1,
                      column.name(),
                      column.type(),
                      column.required(),
                      column.defaultValue());
                })
            .toList());
  }

  private static TableSettings settings(TableDraft draft) {
    return draft
        .settings()
        .withKeyWindow(Duration.ofMillis(Math.max(1, draft.settings().keyWindow().toMillis())));
  }

  private List<ShardId> leastUsed(Tenant tenant, int count) {
    return tenant.shards.stream()
        .sorted(
            comparingLong(
                shard ->
                    state.tables.values().stream()
                        .filter(table -> !table.info.dropped())
                        .filter(table -> table.info.shards().contains(shard))
                        .count()))
        .limit(count)
        .sorted(comparingLong(tenant.shards::indexOf))
        .toList();
  }

  private Optional<Table> live(TenantId tenant, String name) {
    return state.tables.values().stream()
        .filter(table -> !table.info.dropped())
        .filter(
            table -> table.info.tenant().equals(tenant) && State.sameName(table.info.name(), name))
        .findFirst();
  }

  @Override
  public Optional<TableInfo> find(TenantId tenant, String name) {
    return state.locked(() -> live(tenant, name).map(table -> table.info));
  }

  @Override
  public Optional<TableInfo> find(TableId table) {
    return state.locked(
        () -> Optional.ofNullable(state.tables.get(table)).map(found -> found.info));
  }

  @Override
  public List<TableInfo> list(TenantId tenant) {
    return state.locked(
        () ->
            state.tables.values().stream()
                .map(table -> table.info)
                .filter(info -> info.tenant().equals(tenant) && !info.dropped())
                .sorted(comparing(TableInfo::name))
                .toList());
  }

  @Override
  public Optional<TableSchema> findSchema(TableId table, int version) {
    return find(table).map(TableInfo::schema).filter(schema -> schema.version() == version);
  }

  @Override
  public Snapshot drop(TenantId tenant, String name) {
    return state.locked(
        () -> {
          Table table =
              live(tenant, name).orElseThrow(() -> new TableNotFoundException(tenant, name));
          Snapshot snapshot = state.tenant(tenant).create(clock.instant(), "drop_table");
          TableInfo info = table.info;
          table.info =
              new TableInfo(
                  info.id(),
                  info.tenant(),
                  info.name(),
                  info.schema(),
                  info.eventKey(),
                  info.sortBy(),
                  info.settings(),
                  info.shards(),
                  info.createdIn(),
                  snapshot.id(),
                  info.createdAt());
          return snapshot;
        });
  }

  @Override
  public TableCounts counts(TableId table) {
    return state.locked(() -> state.table(table).counts());
  }
}
