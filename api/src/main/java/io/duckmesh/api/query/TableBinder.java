package io.duckmesh.api.query;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.duckmesh.api.json.Times;
import io.duckmesh.api.problem.ApiError;
import io.duckmesh.api.problem.ProblemException;
import io.duckmesh.api.tables.MissingTable;
import io.duckmesh.api.tables.Schemas;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.ManifestChange;
import io.duckmesh.catalog.NewestTables;
import io.duckmesh.catalog.Snapshot;
import io.duckmesh.catalog.SnapshotExpiredException;
import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.Snapshots;
import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.TableInfo;
import io.duckmesh.catalog.TableManifest;
import io.duckmesh.catalog.TableSchema;
import io.duckmesh.catalog.Tables;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.engine.query.BoundTable;
import io.duckmesh.engine.query.BoundTable.TableFile;
import io.duckmesh.engine.query.ListedTable;
import io.duckmesh.engine.query.TableReference;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the snapshot of a query and the files that its tables have there. What never changes is
 * remembered: a query over the newest snapshot costs one look into the catalog when its tables are
 * as they were, one over a numbered snapshot none.
 */
public final class TableBinder {
  private static final Logger log = LoggerFactory.getLogger(TableBinder.class);

  /** Part of the heap that states of tables may take, their files' statistics included. */
  private static final int HEAP_SHARE = 16;

  private static final long LEAST_BYTES = 16L << 20;
  private static final int MAX_QUERIED = 1_000;

  private final Snapshots snapshots;
  private final Tables tables;
  private final Cache<StateKey, TableState> states;

  /** The newest state of each table that is known, from which the next one is made. */
  private final Cache<TableKey, TableState> newestStates;

  /** Tables that were read at their newest state lately. */
  private final Cache<TableKey, Boolean> queried;

  private final Cache<SnapshotKey, Snapshot> known;
  private final Cache<ChangeKey, SnapshotId> changes;

  public TableBinder(Catalog catalog) {
    this.snapshots = catalog.snapshots();
    this.tables = catalog.tables();
    long bytes = Math.max(LEAST_BYTES, Runtime.getRuntime().maxMemory() / HEAP_SHARE);
    this.states =
        Caffeine.newBuilder()
            .maximumWeight(bytes)
            .weigher((StateKey key, TableState state) -> state.weight())
            .expireAfterAccess(Duration.ofMinutes(10))
            .build();
    // A state is in both as a rule, and then takes its memory once.
    this.newestStates =
        Caffeine.newBuilder()
            .maximumWeight(bytes)
            .weigher((TableKey key, TableState state) -> state.weight())
            .expireAfterAccess(Duration.ofMinutes(10))
            .build();
    this.queried =
        Caffeine.newBuilder()
            .maximumSize(MAX_QUERIED)
            .expireAfterWrite(Duration.ofMinutes(10))
            .build();
    // An expired snapshot must not be answered for long, so these are asked for again now and then.
    this.known =
        Caffeine.newBuilder().maximumSize(10_000).expireAfterWrite(Duration.ofSeconds(30)).build();
    this.changes =
        Caffeine.newBuilder().maximumSize(50_000).expireAfterWrite(Duration.ofSeconds(30)).build();
  }

  /**
   * The snapshot of a query, and its tables there.
   *
   * @param reads snapshots that have all the files of the tables: those that changed them last
   */
  record Bound(Snapshot snapshot, List<BoundTable> tables, Set<SnapshotId> reads) {
    Bound {
      tables = List.copyOf(tables);
      reads = Set.copyOf(reads);
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
    NewestTables newest = newest(tenant, names);
    for (String name : newest.changedIn().keySet()) {
      TableKey key = new TableKey(tenant, name.toLowerCase(Locale.ROOT));
      // Each put costs a cache more than the look before it.
      if (queried.getIfPresent(key) == null) {
        queried.put(key, true);
      }
    }
    return bind(tenant, newest.snapshot(), references);
  }

  private NewestTables newest(TenantId tenant, Set<String> names) {
    NewestTables newest = snapshots.newestTables(tenant, names);
    SnapshotId snapshot = newest.snapshot().id();
    newest
        .changedIn()
        .forEach((name, changedIn) -> changes.put(ChangeKey.of(tenant, snapshot, name), changedIn));
    return newest;
  }

  /** Files that a table has and had not when it was looked at before. */
  record NewFiles(String table, List<TableFile> files) {
    NewFiles {
      files = List.copyOf(files);
    }
  }

  /** Tenants that queried something lately. */
  Set<TenantId> queriedTenants() {
    return queried.asMap().keySet().stream().map(TableKey::tenant).collect(Collectors.toSet());
  }

  /**
   * Learns the newest states of the tables that the tenant queried lately, so that its next queries
   * know them, and tells what is new in those that have changed.
   */
  List<NewFiles> refresh(TenantId tenant) {
    Set<String> names = new TreeSet<>();
    for (TableKey key : queried.asMap().keySet()) {
      if (key.tenant().equals(tenant)) {
        names.add(key.name());
      }
    }
    Map<String, TableState> before = new HashMap<>();
    for (String name : names) {
      TableState state = newestStates.getIfPresent(new TableKey(tenant, name));
      if (state != null) {
        before.put(name, state);
      }
    }
    NewestTables newest = newest(tenant, names);
    List<NewFiles> changed = new ArrayList<>();
    newest
        .changedIn()
        .forEach(
            (name, changedIn) -> {
              TableState old = before.get(name);
              if (old != null && old.changedIn().compareTo(changedIn) < 0) {
                TableState now = state(tenant, newest.snapshot().id(), name);
                changed.add(new NewFiles(name, now.filesBeside(old)));
              }
            });
    return changed;
  }

  /** Binds all references at that snapshot; those with a version of their own, there. */
  Bound bind(TenantId tenant, Snapshot snapshot, Set<TableReference> references) {
    List<BoundTable> tables = new ArrayList<>(references.size());
    Set<SnapshotId> reads = new HashSet<>();
    for (TableReference reference : references) {
      TableState state = state(tenant, snapshotOf(tenant, snapshot, reference), reference.name());
      tables.add(state.bind(reference));
      reads.add(state.changedIn());
    }
    return new Bound(snapshot, tables, reads);
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
    if (!Times.possible(instant)) {
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
    StateKey stateKey = new StateKey(new TableKey(tenant, key.table()), changedIn);
    return states.get(stateKey, missing -> load(missing, snapshot, name));
  }

  /**
   * From the newest state that is known if this one came after it, else from the whole manifest.
   */
  private TableState load(StateKey key, SnapshotId snapshot, String name) {
    TenantId tenant = key.table().tenant();
    TableState base = newestStates.getIfPresent(key.table());
    TableState state = null;
    if (base != null && base.changedIn().compareTo(key.changedIn()) < 0) {
      state = changed(base, tenant, snapshot, name);
    }
    if (state == null) {
      TableManifest manifest = snapshots.manifest(tenant, snapshot, name);
      state = TableState.of(manifest, schemas(manifest.table().id()));
    }
    if (base == null || base.changedIn().compareTo(state.changedIn()) < 0) {
      newestStates.put(key.table(), state);
    }
    return state;
  }

  /** The state with what has changed since; null if that can not be told. */
  private @Nullable TableState changed(
      TableState base, TenantId tenant, SnapshotId snapshot, String name) {
    ManifestChange change;
    try {
      change = snapshots.changesSince(tenant, base.changedIn(), snapshot, name);
    } catch (SnapshotExpiredException e) {
      log.debug("State is too old to go on from table={} snapshot={}", name, base.changedIn(), e);
      return null;
    }
    // Statistics are kept as values of the columns' types, so a new schema reads them anew.
    return change.table().id().equals(base.table())
            && change.table().schema().version() == base.schema().version()
        ? base.changed(change, schemas(change.table().id()))
        : null;
  }

  private IntFunction<Optional<TableSchema>> schemas(TableId table) {
    return version -> tables.findSchema(table, version);
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

  /**
   * @param name in lower case
   */
  private record TableKey(TenantId tenant, String name) {}

  /** A name and the snapshot that changed its table last name one table in one state. */
  private record StateKey(TableKey table, SnapshotId changedIn) {}
}
