package io.duckmesh.catalog.memory;

import static java.util.Comparator.comparing;

import io.duckmesh.catalog.Snapshot;
import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.SnapshotNotFoundException;
import io.duckmesh.catalog.Snapshots;
import io.duckmesh.catalog.TableInfo;
import io.duckmesh.catalog.TableManifest;
import io.duckmesh.catalog.TableNotFoundException;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.memory.State.LiveFile;
import io.duckmesh.catalog.memory.State.Table;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

final class InMemorySnapshots implements Snapshots {
  private final State state;

  InMemorySnapshots(State state) {
    this.state = state;
  }

  @Override
  public Snapshot newest(TenantId tenant) {
    return state.locked(() -> state.tenant(tenant).newest());
  }

  @Override
  public Snapshot load(TenantId tenant, SnapshotId id) {
    return state.locked(
        () ->
            state.tenant(tenant).snapshots.stream()
                .filter(snapshot -> snapshot.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new SnapshotNotFoundException("Snapshot not found: " + id)));
  }

  @Override
  public Snapshot asOf(TenantId tenant, Instant at) {
    return state.locked(
        () ->
            state.tenant(tenant).snapshots.reversed().stream()
                .filter(snapshot -> !snapshot.committedAt().isAfter(at))
                .findFirst()
                .orElseThrow(
                    () -> new SnapshotNotFoundException("No snapshot is as old as " + at)));
  }

  @Override
  public List<Snapshot> list(TenantId tenant, @Nullable SnapshotId before, int limit) {
    return state.locked(
        () ->
            state.tenant(tenant).snapshots.reversed().stream()
                .filter(snapshot -> before == null || snapshot.id().compareTo(before) < 0)
                .limit(limit)
                .toList());
  }

  @Override
  public List<TableInfo> tables(TenantId tenant, SnapshotId id) {
    return state.locked(
        () -> {
          load(tenant, id);
          return at(tenant, id)
              .map(InMemorySnapshots::asItWas)
              .sorted(comparing(TableInfo::name))
              .toList();
        });
  }

  @Override
  public TableManifest manifest(TenantId tenant, SnapshotId id, String tableName) {
    return state.locked(
        () -> {
          load(tenant, id);
          Table table =
              at(tenant, id, tableName)
                  .orElseThrow(() -> new TableNotFoundException(tenant, tableName));
          return new TableManifest(
              asItWas(table),
              lastChange(table, id),
              table.files.stream()
                  .filter(live -> live.begin().compareTo(id) <= 0)
                  .map(LiveFile::file)
                  .toList());
        });
  }

  @Override
  public Optional<SnapshotId> changedIn(TenantId tenant, SnapshotId id, String tableName) {
    return state.locked(
        () -> {
          load(tenant, id);
          return at(tenant, id, tableName).map(table -> lastChange(table, id));
        });
  }

  private Stream<Table> at(TenantId tenant, SnapshotId id) {
    return state.tables.values().stream()
        .filter(table -> table.info.tenant().equals(tenant) && table.isIn(id));
  }

  private Optional<Table> at(TenantId tenant, SnapshotId id, String name) {
    return at(tenant, id).filter(table -> State.sameName(table.info.name(), name)).findFirst();
  }

  private static SnapshotId lastChange(Table table, SnapshotId id) {
    return table.changes.reversed().stream()
        .filter(change -> change.compareTo(id) <= 0)
        .findFirst()
        .orElseThrow();
  }

  private static TableInfo asItWas(Table table) {
    TableInfo info = table.info;
    return new TableInfo(
        info.id(),
        info.tenant(),
        info.name(),
        info.schema(),
        info.eventKey(),
        info.sortBy(),
        info.settings(),
        info.shards(),
        info.createdIn(),
        null,
        info.createdAt());
  }
}
