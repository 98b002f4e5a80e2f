package io.duckmesh.activities.protocol;

import io.duckmesh.catalog.Accounts;
import io.duckmesh.catalog.AsyncQueries;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.Commit;
import io.duckmesh.catalog.CommitConflictException;
import io.duckmesh.catalog.DataFile;
import io.duckmesh.catalog.Installation;
import io.duckmesh.catalog.KeyHash;
import io.duckmesh.catalog.LandedSegment;
import io.duckmesh.catalog.PreparedWrite;
import io.duckmesh.catalog.QueryHistory;
import io.duckmesh.catalog.RequestKeys;
import io.duckmesh.catalog.SegmentOutcome;
import io.duckmesh.catalog.ShardId;
import io.duckmesh.catalog.Snapshot;
import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.SnapshotNotFoundException;
import io.duckmesh.catalog.Snapshots;
import io.duckmesh.catalog.TableCounts;
import io.duckmesh.catalog.TableDraft;
import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.TableInfo;
import io.duckmesh.catalog.TableManifest;
import io.duckmesh.catalog.TableSchema;
import io.duckmesh.catalog.Tables;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.Tenants;
import io.duckmesh.catalog.Verifications;
import io.duckmesh.catalog.Watermark;
import io.duckmesh.catalog.Watermarks;
import io.duckmesh.catalog.WriteId;
import io.duckmesh.catalog.Writes;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A catalog of one tenant and one table whose landing of batches can be broken in one place at a
 * time. Without a flaw it behaves like the one in memory: the exploration finds the same states.
 */
final class FlawedCatalog {
  private final Catalog sound;
  private final Set<Flaw> flaws;
  private final Map<ShardId, Watermark> watermarks = new TreeMap<>();
  private final TreeMap<SnapshotId, Snapshot> snapshots = new TreeMap<>();
  private final List<Write> writes = new ArrayList<>();
  private long sequence;

  FlawedCatalog(Catalog sound, Set<Flaw> flaws) {
    this.sound = sound;
    this.flaws = flaws;
  }

  private static final class Write {
    final WriteId id;
    final ShardId shard;
    final long after;
    final long upTo;
    final Set<KeyHash> keys = new HashSet<>();
    boolean keysCount;
    boolean watermarkMoved;
    long drawn;
    @Nullable PreparedWrite prepared;
    @Nullable Commit commit;
    boolean over;

    Write(WriteId id, ShardId shard, long after, long upTo) {
      this.id = id;
      this.shard = shard;
      this.after = after;
      this.upTo = upTo;
    }
  }

  /** Takes over what the sound catalog has, once tenant and table are there. */
  void start() {
    for (Watermark watermark : sound.watermarks().list()) {
      watermarks.put(watermark.shard(), watermark);
    }
    for (Snapshot snapshot : sound.snapshots().list(World.TENANT, null, 1000)) {
      snapshots.put(snapshot.id(), snapshot);
    }
    sequence = snapshots.lastKey().value();
  }

  /** The same catalog as a process with another clock has it. */
  Catalog withClock(Clock clock) {
    return new WithClock(clock);
  }

  private boolean has(Flaw flaw) {
    return flaws.contains(flaw);
  }

  private Write write(WriteId id) {
    return writes.get(Math.toIntExact(id.value() - 1));
  }

  // The second halves of what should be one transaction.

  void takeSnapshotId(WriteId id) {
    Write write = write(id);
    if (write.commit == null) {
      write.drawn = ++sequence;
    }
  }

  void moveWatermark(WriteId id) {
    Write write = write(id);
    Watermark old = watermarks.get(write.shard);
    if (write.over || old.position() != write.after) {
      return;
    }
    write.watermarkMoved = true;
    watermarks.put(
        write.shard, new Watermark(write.shard, World.TENANT, write.upTo, old.snapshot()));
  }

  void makeKeysCount(WriteId id) {
    Write write = write(id);
    write.keysCount |= write.commit != null;
  }

  /** What is not seen from outside. */
  void describe(StringBuilder text) {
    if (has(Flaw.SNAPSHOT_IDS_FROM_A_SEQUENCE)) {
      text.append('#').append(sequence);
      writes.stream()
          .filter(write -> write.drawn > 0 && write.commit == null && !write.over)
          .forEach(write -> text.append('d').append(write.drawn));
    }
    text.append(
        writes.stream()
            .filter(this::keysCount)
            .flatMap(write -> write.keys.stream())
            .map(key -> Long.toHexString(key.low()))
            .distinct()
            .sorted()
            .toList());
  }

  private boolean keysCount(Write write) {
    if (has(Flaw.KEYS_COUNT_BEFORE_COMMIT)) {
      return true;
    }
    return has(Flaw.KEYS_COUNT_LATER) ? write.keysCount : write.commit != null;
  }

  private Commit commit(WriteId id, Instant now) {
    Write write = write(id);
    if (write.commit != null) {
      return write.commit;
    }
    PreparedWrite prepared = write.prepared;
    if (write.over || prepared == null) {
      throw new CommitConflictException("Write %s is over".formatted(id));
    }
    boolean free = has(Flaw.NO_COMPARE_AND_SET) || write.watermarkMoved;
    if (!free && watermarks.get(write.shard).position() != write.after) {
      write.over = true;
      throw new CommitConflictException("Watermark of write %s has moved".formatted(id));
    }
    Snapshot newest = snapshots.lastEntry().getValue();
    SnapshotId number =
        new SnapshotId(
            has(Flaw.SNAPSHOT_IDS_FROM_A_SEQUENCE) ? write.drawn : newest.id().value() + 1);
    Instant earliest = newest.committedAt().plus(1, ChronoUnit.MICROS);
    Instant at = now.isBefore(earliest) && !has(Flaw.SNAPSHOT_TIMES_FROM_CLOCKS) ? earliest : now;
    Snapshot snapshot = new Snapshot(World.TENANT, number, at, "append");
    snapshots.put(number, snapshot);
    watermarks.put(write.shard, new Watermark(write.shard, World.TENANT, write.upTo, number));
    write.commit =
        new Commit(
            id,
            snapshot,
            write.upTo,
            sum(prepared, TableCounts::visible),
            sum(prepared, TableCounts::duplicates),
            sum(prepared, TableCounts::quarantined));
    return write.commit;
  }

  private static long sum(PreparedWrite prepared, ToLongFunction<TableCounts> column) {
    return prepared.counts().stream().mapToLong(column).sum();
  }

  private long total(ToLongFunction<Commit> column) {
    return writes.stream()
        .filter(write -> write.commit != null)
        .map(write -> write.commit)
        .mapToLong(column)
        .sum();
  }

  private final class FlawedWrites implements Writes {
    private final Clock clock;

    FlawedWrites(Clock clock) {
      this.clock = clock;
    }

    @Override
    public WriteId begin(ShardId shard, long after, long upTo, String owner) {
      if (watermarks.get(shard).position() != after && !has(Flaw.NO_COMPARE_AND_SET)) {
        throw new CommitConflictException("Watermark of shard %s has moved".formatted(shard));
      }
      WriteId id = new WriteId(writes.size() + 1L);
      writes.add(new Write(id, shard, after, upTo));
      return id;
    }

    @Override
    public void registerPending(WriteId write, TableId table, List<String> objectKeys) {
      requireOpen(write);
    }

    private Write requireOpen(WriteId id) {
      Write write = write(id);
      if (write.over) {
        throw new CommitConflictException("Write %s is over".formatted(id));
      }
      return write;
    }

    @Override
    public Set<KeyHash> findLanded(TableId table, Collection<KeyHash> keys) {
      return keys.stream()
          .filter(
              key ->
                  writes.stream().anyMatch(write -> keysCount(write) && write.keys.contains(key)))
          .collect(Collectors.toUnmodifiableSet());
    }

    @Override
    public void recordKeys(WriteId write, TableId table, Collection<KeyHash> keys) {
      requireOpen(write).keys.addAll(keys);
    }

    @Override
    public void prepare(WriteId write, PreparedWrite prepared) {
      requireOpen(write).prepared = prepared;
    }

    @Override
    public Commit commit(WriteId write) {
      return FlawedCatalog.this.commit(write, clock.instant());
    }

    @Override
    public void abandon(WriteId id) {
      Write write = write(id);
      write.over |= write.commit == null;
    }

    @Override
    public void expireKeys() {
      // No time passes that would be longer than a window.
    }
  }

  private final class FlawedSnapshots implements Snapshots {
    @Override
    public Snapshot newest(TenantId tenant) {
      return snapshots.lastEntry().getValue();
    }

    @Override
    public Snapshot load(TenantId tenant, SnapshotId id) {
      Snapshot snapshot = snapshots.get(id);
      if (snapshot == null) {
        throw new SnapshotNotFoundException("Snapshot not found: " + id);
      }
      return snapshot;
    }

    @Override
    public Snapshot asOf(TenantId tenant, Instant at) {
      return list(tenant, null, Integer.MAX_VALUE).stream()
          .filter(snapshot -> !snapshot.committedAt().isAfter(at))
          .findFirst()
          .orElseThrow(() -> new SnapshotNotFoundException("No snapshot is as old as " + at));
    }

    @Override
    public List<Snapshot> list(TenantId tenant, @Nullable SnapshotId before, int limit) {
      return snapshots.descendingMap().values().stream()
          .filter(snapshot -> before == null || snapshot.id().compareTo(before) < 0)
          .limit(limit)
          .toList();
    }

    @Override
    public List<TableInfo> tables(TenantId tenant, SnapshotId id) {
      load(tenant, id);
      return sound.tables().list(tenant);
    }

    @Override
    public TableManifest manifest(TenantId tenant, SnapshotId id, String tableName) {
      load(tenant, id);
      List<DataFile> files =
          snapshots.headMap(id, true).keySet().stream()
              .flatMap(at -> writes.stream().filter(write -> isIn(write, at)))
              .flatMap(write -> write.prepared.files().stream())
              .toList();
      return new TableManifest(sound.tables().find(World.TABLE).orElseThrow(), id, files);
    }

    private boolean isIn(Write write, SnapshotId id) {
      return write.commit != null && write.commit.snapshot().id().equals(id);
    }

    @Override
    public Optional<SnapshotId> changedIn(TenantId tenant, SnapshotId id, String tableName) {
      load(tenant, id);
      return Optional.of(id);
    }
  }

  private final class FlawedWatermarks implements Watermarks {
    @Override
    public List<Watermark> list() {
      return List.copyOf(watermarks.values());
    }

    @Override
    public Watermark load(ShardId shard) {
      return watermarks.get(shard);
    }

    @Override
    public boolean await(Map<ShardId, Long> positions, Duration timeout) {
      return positions.entrySet().stream()
          .allMatch(entry -> load(entry.getKey()).position() >= entry.getValue());
    }

    @Override
    public long awaitAdvance(long seen, Duration timeout) {
      return watermarks.values().stream().mapToLong(Watermark::position).sum();
    }

    @Override
    public Optional<LandedSegment> findLanded(ShardId shard, long position) {
      return writes.stream()
          .filter(write -> write.commit != null && write.shard.equals(shard))
          .filter(write -> write.after < position && position <= write.upTo)
          .findFirst()
          .map(write -> landed(write, position));
    }

    private static LandedSegment landed(Write write, long position) {
      Snapshot snapshot = write.commit.snapshot();
      return write.prepared.outcomes().stream()
          .filter(outcome -> outcome.position() == position)
          .findFirst()
          .map(outcome -> landed(write, snapshot, outcome))
          .orElseGet(() -> new LandedSegment(write.shard, position, snapshot, 0, 0, null));
    }

    private static LandedSegment landed(Write write, Snapshot snapshot, SegmentOutcome outcome) {
      return new LandedSegment(
          write.shard,
          outcome.position(),
          snapshot,
          outcome.duplicates(),
          outcome.quarantined(),
          outcome.reason());
    }
  }

  /** Tables are sound, but for the counts, which commits add to. */
  private final class CountedTables implements Tables {
    private final Tables tables = sound.tables();

    @Override
    public TableInfo create(TenantId tenant, TableDraft draft) {
      return tables.create(tenant, draft);
    }

    @Override
    public Optional<TableInfo> find(TenantId tenant, String name) {
      return tables.find(tenant, name);
    }

    @Override
    public Optional<TableInfo> find(TableId table) {
      return tables.find(table);
    }

    @Override
    public List<TableInfo> listNamed(TenantId tenant, String name) {
      return tables.listNamed(tenant, name);
    }

    @Override
    public List<TableInfo> list(TenantId tenant) {
      return tables.list(tenant);
    }

    @Override
    public Optional<TableSchema> findSchema(TableId table, int version) {
      return tables.findSchema(table, version);
    }

    @Override
    public Snapshot drop(TenantId tenant, String name) {
      return tables.drop(tenant, name);
    }

    @Override
    public TableCounts counts(TableId table) {
      return new TableCounts(
          table, total(Commit::visible), total(Commit::duplicates), total(Commit::quarantined));
    }
  }

  private final class WithClock implements Catalog {
    private final Writes flawedWrites;

    WithClock(Clock clock) {
      this.flawedWrites = new FlawedWrites(clock);
    }

    @Override
    public Installation installation() {
      return sound.installation();
    }

    @Override
    public Tenants tenants() {
      return sound.tenants();
    }

    @Override
    public Tables tables() {
      return new CountedTables();
    }

    @Override
    public Snapshots snapshots() {
      return new FlawedSnapshots();
    }

    @Override
    public Watermarks watermarks() {
      return new FlawedWatermarks();
    }

    @Override
    public Writes writes() {
      return flawedWrites;
    }

    @Override
    public RequestKeys requestKeys() {
      return sound.requestKeys();
    }

    @Override
    public Accounts accounts() {
      return sound.accounts();
    }

    @Override
    public AsyncQueries asyncQueries() {
      return sound.asyncQueries();
    }

    @Override
    public QueryHistory queryHistory() {
      return sound.queryHistory();
    }

    @Override
    public Verifications verifications() {
      return sound.verifications();
    }

    @Override
    public void close() {
      // The sound catalog is closed by who opened it.
    }
  }
}
