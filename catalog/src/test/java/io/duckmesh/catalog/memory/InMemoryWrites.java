package io.duckmesh.catalog.memory;

import static java.util.stream.Collectors.toUnmodifiableSet;

import io.duckmesh.catalog.Commit;
import io.duckmesh.catalog.CommitConflictException;
import io.duckmesh.catalog.DataFile;
import io.duckmesh.catalog.KeyHash;
import io.duckmesh.catalog.PreparedWrite;
import io.duckmesh.catalog.SegmentOutcome;
import io.duckmesh.catalog.ShardId;
import io.duckmesh.catalog.Snapshot;
import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.TableCounts;
import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.TableInfo;
import io.duckmesh.catalog.Watermark;
import io.duckmesh.catalog.WriteId;
import io.duckmesh.catalog.Writes;
import io.duckmesh.catalog.memory.State.KeyEntry;
import io.duckmesh.catalog.memory.State.LiveFile;
import io.duckmesh.catalog.memory.State.Table;
import io.duckmesh.catalog.memory.State.Write;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.ToLongFunction;

final class InMemoryWrites implements Writes {
  private final State state;
  private final Clock clock;

  InMemoryWrites(State state, Clock clock) {
    this.state = state;
    this.clock = clock;
  }

  @Override
  public WriteId begin(ShardId shard, long after, long upTo, String owner) {
    if (after < 0 || upTo <= after) {
      throw new IllegalArgumentException(
          "A write of shard %s must have positions: after %d up to %d"
              .formatted(shard, after, upTo));
    }
    return state.locked(
        () -> {
          Watermark watermark = state.watermarks.get(shard);
          if (watermark == null) {
            throw new IllegalArgumentException("Shard does not exist: " + shard);
          }
          if (watermark.position() != after) {
            throw new CommitConflictException(
                "Cannot begin a write of shard %s after position %d: its watermark is %d"
                    .formatted(shard, after, watermark.position()));
          }
          WriteId id = new WriteId(state.writes.size() + 1L);
          state.writes.put(id, new Write(id, shard, after, upTo, clock.instant()));
          return id;
        });
  }

  @Override
  public void registerPending(WriteId id, TableId table, List<String> objectKeys) {
    state.locked(
        () -> {
          Write write = requireOpen(id);
          requireOnShard(write, table);
          Set<String> distinct = new HashSet<>(objectKeys);
          if (distinct.size() < objectKeys.size()
              || distinct.stream().anyMatch(state.objectKeys::contains)) {
            throw new IllegalArgumentException(
                "An object key of write " + id + " is taken: " + objectKeys);
          }
          objectKeys.forEach(key -> write.pending.put(key, table));
          return state.objectKeys.addAll(distinct);
        });
  }

  @Override
  public Set<KeyHash> findLanded(TableId tableId, Collection<KeyHash> keys) {
    return state.locked(
        () -> {
          Table table = state.table(tableId);
          LocalDate oldest = oldestDay(clock.instant(), table.info.settings().keyWindow());
          return keys.stream()
              .filter(
                  key ->
                      table.keys.getOrDefault(key, List.of()).stream()
                          .anyMatch(
                              entry ->
                                  entry.write().commit != null && !entry.day().isBefore(oldest)))
              .collect(toUnmodifiableSet());
        });
  }

  @Override
  public void recordKeys(WriteId id, TableId tableId, Collection<KeyHash> keys) {
    state.locked(
        () -> {
          Write write = requireOpen(id);
          requireOnShard(write, tableId);
          KeyEntry entry = new KeyEntry(State.day(clock.instant()), write);
          Table table = state.table(tableId);
          keys.forEach(
              key -> table.keys.computeIfAbsent(key, added -> new ArrayList<>()).add(entry));
          return entry;
        });
  }

  @Override
  public void prepare(WriteId id, PreparedWrite prepared) {
    state.locked(
        () -> {
          Write write = requireOpen(id);
          Set<TableId> counted = new HashSet<>();
          for (TableCounts counts : prepared.counts()) {
            requireOnShard(write, counts.table());
            if (!counted.add(counts.table())) {
              throw new IllegalArgumentException(
                  "Write %s counts table %s twice".formatted(id, counts.table()));
            }
          }
          for (DataFile file : prepared.files()) {
            if (!file.table().equals(write.pending.get(file.objectKey()))) {
              throw new IllegalArgumentException(
                  "Write %s has not registered object %s of table %s"
                      .formatted(id, file.objectKey(), file.table()));
            }
          }
          for (SegmentOutcome outcome : prepared.outcomes()) {
            if (outcome.position() <= write.after || outcome.position() > write.upTo) {
              throw new IllegalArgumentException(
                  "Write %s has outcomes of positions that are not its own: %s"
                      .formatted(id, outcome));
            }
          }
          write.prepared = prepared;
          write.preparedDay = State.day(clock.instant());
          return write;
        });
  }

  @Override
  public Commit commit(WriteId id) {
    return state.locked(
        () -> {
          Write write = state.write(id);
          if (write.commit != null) {
            return write.commit;
          }
          PreparedWrite prepared = write.prepared;
          if (write.over) {
            throw conflict(write, "it was given up or lost before");
          }
          if (prepared == null) {
            throw new IllegalStateException("Write %s is not prepared".formatted(id));
          }
          Watermark watermark = state.watermarks.get(write.shard);
          if (watermark.position() != write.after) {
            write.over = true;
            throw conflict(
                write, "the watermark is %d, not %d".formatted(watermark.position(), write.after));
          }
          if (write.begunAt.isBefore(clock.instant().minus(LONGEST_WRITE))) {
            write.over = true;
            throw conflict(write, "it is too old");
          }
          if (hasRowsOfDroppedTable(prepared)) {
            write.over = true;
            throw conflict(write, "a table of its rows was dropped");
          }
          return apply(write, prepared, watermark);
        });
  }

  private boolean hasRowsOfDroppedTable(PreparedWrite prepared) {
    return prepared.files().stream().anyMatch(file -> state.table(file.table()).info.dropped())
        || prepared.counts().stream()
            .anyMatch(counts -> counts.visible() > 0 && state.table(counts.table()).info.dropped());
  }

  private Commit apply(Write write, PreparedWrite prepared, Watermark watermark) {
    Snapshot snapshot = state.tenant(watermark.tenant()).create(clock.instant(), "append");
    state.watermarks.put(
        write.shard, new Watermark(write.shard, watermark.tenant(), write.upTo, snapshot.id()));
    state.landed.computeIfAbsent(write.shard, shard -> new TreeMap<>()).put(write.upTo, write);
    for (DataFile file : prepared.files()) {
      Table table = state.table(file.table());
      table.files.add(new LiveFile(file, snapshot.id()));
      if (!table.changes.getLast().equals(snapshot.id())) {
        table.changes.add(snapshot.id());
      }
    }
    for (TableCounts counts : prepared.counts()) {
      Table table = state.table(counts.table());
      table.countsByShard.merge(write.shard, counts, TableCounts::plus);
    }
    state.tableless.merge(write.shard, prepared.tableless(), Long::sum);
    Commit commit =
        new Commit(
            write.id,
            snapshot,
            write.upTo,
            sum(prepared, TableCounts::visible),
            sum(prepared, TableCounts::duplicates),
            sum(prepared, TableCounts::quarantined));
    write.commit = commit;
    state.changed.signalAll();
    return commit;
  }

  private static long sum(PreparedWrite prepared, ToLongFunction<TableCounts> column) {
    return prepared.counts().stream().mapToLong(column).sum();
  }

  @Override
  public void abandon(WriteId id) {
    state.locked(
        () -> {
          Write write = state.writes.get(id);
          if (write != null && write.commit == null) {
            write.over = true;
          }
          return id;
        });
  }

  @Override
  public void expireKeys() {
    state.locked(
        () -> {
          Instant now = clock.instant();
          LocalDate oldest = oldestDay(now, widestWindow(now));
          for (Table table : state.tables.values()) {
            table.keys.values().forEach(list -> list.removeIf(key -> key.day().isBefore(oldest)));
            table.keys.values().removeIf(List::isEmpty);
          }
          for (Write write : state.writes.values()) {
            write.forgotten |= write.preparedDay.isBefore(oldest);
          }
          return state
              .requests
              .entrySet()
              .removeIf(
                  entry -> {
                    Duration window =
                        state.table(entry.getKey().table()).info.settings().keyWindow();
                    return entry.getValue().claimedAt().isBefore(now.minus(window));
                  });
        });
  }

  private static LocalDate oldestDay(Instant now, Duration keyWindow) {
    return State.day(now.minus(keyWindow).minus(LONGEST_WRITE));
  }

  private Duration widestWindow(Instant now) {
    return state.tables.values().stream()
        .map(table -> table.info)
        .filter(
            info ->
                !info.dropped() || !droppedAt(info).plus(info.settings().keyWindow()).isBefore(now))
        .map(info -> info.settings().keyWindow())
        .max(Duration::compareTo)
        .orElse(Duration.ZERO);
  }

  private Instant droppedAt(TableInfo info) {
    SnapshotId droppedIn = info.droppedIn();
    return state.tenant(info.tenant()).snapshots.stream()
        .filter(snapshot -> snapshot.id().equals(droppedIn))
        .findFirst()
        .orElseThrow()
        .committedAt();
  }

  private Write requireOpen(WriteId id) {
    Write write = state.write(id);
    if (write.over) {
      throw new CommitConflictException("Write %s of shard %s is over".formatted(id, write.shard));
    }
    if (write.prepared != null) {
      throw new IllegalStateException(
          "Write %s of shard %s is prepared".formatted(id, write.shard));
    }
    return write;
  }

  private void requireOnShard(Write write, TableId table) {
    if (!state.table(table).info.shards().contains(write.shard)) {
      throw new IllegalArgumentException(
          "Table %s does not live on shard %s".formatted(table, write.shard));
    }
  }

  private static CommitConflictException conflict(Write write, String why) {
    return new CommitConflictException(
        "Cannot commit write %s of shard %s: %s".formatted(write.id, write.shard, why));
  }
}
