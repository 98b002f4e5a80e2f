package io.duckmesh.catalog.memory;

import io.duckmesh.catalog.ApiKey;
import io.duckmesh.catalog.CancelListener;
import io.duckmesh.catalog.Commit;
import io.duckmesh.catalog.DataFile;
import io.duckmesh.catalog.Installation;
import io.duckmesh.catalog.KeyHash;
import io.duckmesh.catalog.PreparedWrite;
import io.duckmesh.catalog.QueryRecord;
import io.duckmesh.catalog.SegmentOutcome;
import io.duckmesh.catalog.ShardId;
import io.duckmesh.catalog.Snapshot;
import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.TableCounts;
import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.TableInfo;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.VerifyFinding;
import io.duckmesh.catalog.VerifyRun;
import io.duckmesh.catalog.Watermark;
import io.duckmesh.catalog.WriteId;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Everything that the catalogs of one store see; touched only within {@link #locked}. */
final class State {
  private final ReentrantLock lock = new ReentrantLock();

  /** Signalled when a watermark moves, a query is queued or ends, or a catalog is closed. */
  final Condition changed = lock.newCondition();

  final Installation installation = new Installation(new UUID(2, 1), new byte[32]);
  final SortedMap<String, Tenant> tenants = new TreeMap<>();
  final SortedMap<ShardId, Watermark> watermarks = new TreeMap<>();
  final Map<ShardId, NavigableMap<Long, Write>> landed = new HashMap<>();
  final Map<ShardId, Long> tableless = new HashMap<>();
  final Map<String, VerifyRun> verifyRuns = new LinkedHashMap<>();
  final Map<String, List<VerifyFinding>> verifyFindings = new HashMap<>();
  final Map<InMemoryAsyncQueries.Key, InMemoryAsyncQueries.Entry> asyncQueries =
      new LinkedHashMap<>();
  final List<QueryRecord> queryHistory = new ArrayList<>();
  final List<CancelListener> cancelListeners = new ArrayList<>();

  /** Number of the asynchronous query that was submitted last. */
  int lastQuery;

  /** Whether an asynchronous query may have begun to wait since somebody looked. */
  boolean queriesQueued;

  final Map<TableId, Table> tables = new LinkedHashMap<>();
  final Map<WriteId, Write> writes = new HashMap<>();
  final Set<String> objectKeys = new HashSet<>();
  final Map<RequestKey, Request> requests = new HashMap<>();
  final Map<String, ApiKey> apiKeys = new LinkedHashMap<>();
  final Set<String> revokedApiKeys = new HashSet<>();

  <T extends @Nullable Object> T locked(Supplier<T> work) {
    lock.lock();
    try {
      return work.get();
    } finally {
      lock.unlock();
    }
  }

  ReentrantLock lock() {
    return lock;
  }

  Tenant tenant(TenantId id) {
    Tenant tenant = tenants.get(id.value());
    if (tenant == null) {
      throw new IllegalArgumentException("Tenant does not exist: " + id);
    }
    return tenant;
  }

  Table table(TableId id) {
    Table table = tables.get(id);
    if (table == null) {
      throw new IllegalArgumentException("Table does not exist: " + id);
    }
    return table;
  }

  Write write(WriteId id) {
    Write write = writes.get(id);
    if (write == null) {
      throw new IllegalArgumentException("Write does not exist: " + id);
    }
    return write;
  }

  /** Whether SQL takes the one name for the other. */
  static boolean sameName(String one, String other) {
    return one.equalsIgnoreCase(other);
  }

  static LocalDate day(Instant instant) {
    return LocalDate.ofInstant(instant, ZoneOffset.UTC);
  }

  /** A tenant with its snapshots, oldest first. */
  static final class Tenant {
    final TenantId id;
    final List<ShardId> shards = new ArrayList<>();
    final List<Snapshot> snapshots = new ArrayList<>();

    Tenant(TenantId id) {
      this.id = id;
    }

    Snapshot newest() {
      return snapshots.getLast();
    }

    Snapshot create(Instant now, String operation) {
      Instant micros = now.truncatedTo(ChronoUnit.MICROS);
      Snapshot snapshot;
      if (snapshots.isEmpty()) {
        snapshot = new Snapshot(id, new SnapshotId(1), micros, operation);
      } else {
        Instant earliest = newest().committedAt().plus(1, ChronoUnit.MICROS);
        snapshot =
            new Snapshot(
                id,
                new SnapshotId(newest().id().value() + 1),
                micros.isBefore(earliest) ? earliest : micros,
                operation);
      }
      snapshots.add(snapshot);
      return snapshot;
    }
  }

  /** A table with what every snapshot has of it. */
  static final class Table {
    TableInfo info;
    final List<SnapshotId> changes = new ArrayList<>();
    final List<LiveFile> files = new ArrayList<>();
    final Map<KeyHash, List<KeyEntry>> keys = new HashMap<>();
    final Map<ShardId, TableCounts> countsByShard = new HashMap<>();

    Table(TableInfo info) {
      this.info = info;
      changes.add(info.createdIn());
    }

    TableCounts counts() {
      return countsByShard.values().stream()
          .reduce(new TableCounts(info.id(), 0, 0, 0), TableCounts::plus);
    }

    TableCounts counts(ShardId shard) {
      return countsByShard.getOrDefault(shard, new TableCounts(info.id(), 0, 0, 0));
    }

    boolean isIn(SnapshotId snapshot) {
      SnapshotId droppedIn = info.droppedIn();
      return info.createdIn().compareTo(snapshot) <= 0
          && (droppedIn == null || droppedIn.compareTo(snapshot) > 0);
    }
  }

  /** A file with the first snapshot that has it. */
  record LiveFile(DataFile file, SnapshotId begin) {}

  /** A key that a write has recorded. */
  record KeyEntry(LocalDate day, Write write) {}

  /** An attempt to land a batch. */
  static final class Write {
    final WriteId id;
    final ShardId shard;
    final long after;
    final long upTo;
    final Instant begunAt;
    final Map<String, TableId> pending = new HashMap<>();
    @Nullable PreparedWrite prepared;
    LocalDate preparedDay = LocalDate.EPOCH;
    boolean forgotten;
    @Nullable Commit commit;
    boolean over;

    Write(WriteId id, ShardId shard, long after, long upTo, Instant begunAt) {
      this.id = id;
      this.shard = shard;
      this.after = after;
      this.upTo = upTo;
      this.begunAt = begunAt;
    }

    @Nullable SegmentOutcome outcome(long position) {
      if (prepared == null) {
        return null;
      }
      return prepared.outcomes().stream()
          .filter(outcome -> outcome.position() == position)
          .findFirst()
          .orElse(null);
    }
  }

  /** What a request is known by. */
  record RequestKey(TableId table, String key) {}

  /** A claim of a request key. */
  record Request(KeyHash bodyHash, @Nullable String receiptId, Instant claimedAt) {}
}
