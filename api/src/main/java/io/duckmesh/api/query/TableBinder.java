package io.duckmesh.api.query;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.duckmesh.api.problem.ApiError;
import io.duckmesh.api.problem.ProblemException;
import io.duckmesh.api.tables.MissingTable;
import io.duckmesh.api.tables.Schemas;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.DataFile;
import io.duckmesh.catalog.NewestTables;
import io.duckmesh.catalog.Snapshot;
import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.Snapshots;
import io.duckmesh.catalog.TableInfo;
import io.duckmesh.catalog.TableManifest;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.engine.objects.ObjectKey;
import io.duckmesh.engine.query.BoundTable;
import io.duckmesh.engine.query.ListedTable;
import io.duckmesh.engine.query.TableReference;
import io.duckmesh.engine.schema.RowSchema;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/**
 * Finds the snapshot of a query and the files that its tables have there. What never changes is
 * remembered: a query over the newest snapshot costs one look into the catalog when its tables are
 * as they were, one over a numbered snapshot none.
 */
public final class TableBinder {
  private static final int MAX_FILES_REMEMBERED = 1_000_000;

  private final Snapshots snapshots;
  private final Cache<StateKey, TableState> states;
  private final Cache<SnapshotKey, Snapshot> known;
  private final Cache<ChangeKey, SnapshotId> changes;

  public TableBinder(Catalog catalog) {
    this.snapshots = catalog.snapshots();
    this.states =
        Caffeine.newBuilder()
            .maximumWeight(MAX_FILES_REMEMBERED)
            .weigher((StateKey key, TableState state) -> 1 + state.files().size())
            .expireAfterAccess(Duration.ofMinutes(10))
            .build();
    // An expired snapshot must not be answered for long, so these are asked for again now and then.
    this.known =
        Caffeine.newBuilder().maximumSize(10_000).expireAfterWrite(Duration.ofSeconds(30)).build();
    this.changes =
        Caffeine.newBuilder().maximumSize(50_000).expireAfterWrite(Duration.ofSeconds(30)).build();
  }

  /** The snapshot of a query, and its tables there. */
  record Bound(Snapshot snapshot, List<BoundTable> tables) {
    Bound {
      tables = List.copyOf(tables);
    }
  }

  /** Binds all references at the newest snapshot; those with a version of their own, there. */
  Bound bindNewest(TenantId tenant, Set<TableReference> references) {
    Set<String> names = new TreeSet<>();
    for (TableReference reference : references) {
      if (reference.version() == null && reference.timestamp() == null) {
        names.add(reference.name());
      }
    }
    NewestTables newest = snapshots.newestTables(tenant, names);
    Snapshot snapshot = newest.snapshot();
    newest
        .changedIn()
        .forEach(
            (name, changedIn) -> changes.put(ChangeKey.of(tenant, snapshot.id(), name), changedIn));
    return bind(tenant, snapshot, references);
  }

  /** Binds all references at that snapshot; those with a version of their own, there. */
  Bound bind(TenantId tenant, Snapshot snapshot, Set<TableReference> references) {
    List<BoundTable> tables = new ArrayList<>(references.size());
    for (TableReference reference : references) {
      TableState state = state(tenant, snapshotOf(tenant, snapshot, reference), reference.name());
      tables.add(new BoundTable(reference, state.stateId(), state.schema(), state.files()));
    }
    return new Bound(snapshot, tables);
  }

  /**
   * The snapshot of that number.
   *
   * @throws io.duckmesh.catalog.SnapshotNotFoundException if the tenant never had it
   */
  Snapshot load(TenantId tenant, SnapshotId id) {
    SnapshotKey key = new SnapshotKey(tenant, id);
    Snapshot snapshot = known.getIfPresent(key);
    if (snapshot == null) {
      snapshot = snapshots.load(tenant, id);
      known.put(key, snapshot);
    }
    return snapshot;
  }

  /** All tables of the snapshot with their schemas there. */
  List<ListedTable> list(TenantId tenant, Snapshot snapshot) {
    return snapshots.tables(tenant, snapshot.id()).stream()
        .map(table -> new ListedTable(table.name(), Schemas.toRowSchema(table.schema())))
        .toList();
  }

  Snapshot asOf(TenantId tenant, Instant at) {
    return snapshots.asOf(tenant, at);
  }

  private SnapshotId snapshotOf(TenantId tenant, Snapshot snapshot, TableReference reference) {
    Long version = reference.version();
    if (version != null) {
      if (version < 0) {
        throw new ProblemException(
            ApiError.SNAPSHOT_NOT_FOUND, "There is no snapshot %d".formatted(version));
      }
      return load(tenant, new SnapshotId(version)).id();
    }
    String timestamp = reference.timestamp();
    return timestamp == null ? snapshot.id() : asOf(tenant, instant(timestamp)).id();
  }

  /** Reads the time of {@code AT (TIMESTAMP => …)}: RFC 3339, or without a zone in UTC. */
  static Instant instant(String text) {
    Instant instant = parse(text);
    if (!TimeTravel.possible(instant)) {
      throw new ProblemException(
          ApiError.QUERY_REJECTED,
          "AT (TIMESTAMP => '%s') is not between the years 0001 and 9999".formatted(text));
    }
    return instant;
  }

  private static Instant parse(String text) {
    String iso = text.trim().replace(' ', 'T');
    if (iso.length() == 10) {
      iso += "T00:00:00";
    }
    try {
      return OffsetDateTime.parse(iso).toInstant();
    } catch (DateTimeParseException withoutZone) {
      try {
        return LocalDateTime.parse(iso).toInstant(ZoneOffset.UTC);
      } catch (DateTimeParseException e) {
        throw new ProblemException(
            ApiError.QUERY_REJECTED,
            "AT (TIMESTAMP => '%s') is not a time such as 2026-01-31T12:00:00Z".formatted(text));
      }
    }
  }

  private TableState state(TenantId tenant, SnapshotId snapshot, String name) {
    ChangeKey key = ChangeKey.of(tenant, snapshot, name);
    SnapshotId changedIn = changes.getIfPresent(key);
    if (changedIn == null) {
      changedIn =
          snapshots
              .changedIn(tenant, snapshot, name)
              .orElseThrow(() -> notFound(tenant, snapshot, name));
      changes.put(key, changedIn);
    }
    StateKey stateKey = new StateKey(tenant, key.table(), changedIn);
    TableState state = states.getIfPresent(stateKey);
    if (state == null) {
      state = TableState.of(snapshots.manifest(tenant, snapshot, name));
      states.put(stateKey, state);
    }
    return state;
  }

  private ProblemException notFound(TenantId tenant, SnapshotId snapshot, String name) {
    List<String> known = snapshots.tables(tenant, snapshot).stream().map(TableInfo::name).toList();
    return MissingTable.problem(name, snapshot, known);
  }

  private record SnapshotKey(TenantId tenant, SnapshotId id) {}

  /**
   * @param table its name in lower case, since SQL means the same table by every case of it
   */
  private record ChangeKey(TenantId tenant, SnapshotId snapshot, String table) {
    static ChangeKey of(TenantId tenant, SnapshotId snapshot, String name) {
      return new ChangeKey(tenant, snapshot, name.toLowerCase(Locale.ROOT));
    }
  }

  /** A name and the snapshot that changed its table last name one table in one state. */
  private record StateKey(TenantId tenant, String table, SnapshotId changedIn) {}

  private record TableState(String stateId, RowSchema schema, List<BoundTable.TableFile> files) {
    static TableState of(TableManifest manifest) {
      List<BoundTable.TableFile> files = new ArrayList<>(manifest.files().size());
      for (DataFile file : manifest.files()) {
        files.add(
            new BoundTable.TableFile(
                new ObjectKey(file.objectKey()), file.sizeBytes(), file.rowCount()));
      }
      return new TableState(
          manifest.table().id() + "@" + manifest.changedIn(),
          Schemas.toRowSchema(manifest.table().schema()),
          List.copyOf(files));
    }
  }
}
