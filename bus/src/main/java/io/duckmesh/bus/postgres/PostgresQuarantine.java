package io.duckmesh.bus.postgres;

import static java.util.Objects.requireNonNull;

import io.duckmesh.bus.Position;
import io.duckmesh.bus.Quarantine;
import io.duckmesh.bus.QuarantineContent;
import io.duckmesh.bus.QuarantineEntry;
import io.duckmesh.bus.QuarantineEntryNotFoundException;
import io.duckmesh.bus.QuarantineFilter;
import io.duckmesh.bus.QuarantineFinishedException;
import io.duckmesh.bus.QuarantineId;
import io.duckmesh.bus.QuarantineState;
import io.duckmesh.bus.Segment;
import io.duckmesh.bus.ShardId;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * The quarantine on PostgreSQL. A replay appends with the appender's own statement, in one
 * transaction with the mark on the entry; it takes the entry's lock first and the shards' after it,
 * which nobody does the other way round.
 */
final class PostgresQuarantine implements Quarantine {
  private final Database database;
  private final Function<ShardId, Shard> shards;

  PostgresQuarantine(Database database, Function<ShardId, Shard> shards) {
    this.database = database;
    this.shards = shards;
  }

  @Override
  public List<QuarantineEntry> list(String tenant, QuarantineFilter filter) {
    Set<UUID> tables = filter.tables();
    QuarantineState state = filter.state();
    QuarantineId before = filter.before();
    return database.query(
        "Cannot list the quarantine of tenant " + tenant,
        handle ->
            handle
                .attach(QuarantineDao.class)
                .list(
                    tenant,
                    tables == null ? null : tables.toArray(UUID[]::new),
                    state == null ? null : state.name().toLowerCase(Locale.ROOT),
                    before == null ? Long.MAX_VALUE : before.value(),
                    filter.limit())
                .stream()
                .map(PostgresQuarantine::entry)
                .toList());
  }

  @Override
  public Optional<QuarantineContent> find(String tenant, QuarantineId id) {
    return database.query(
        "Cannot read quarantine entry " + id,
        handle ->
            handle
                .attach(QuarantineDao.class)
                .find(tenant, id.value())
                .map(row -> new QuarantineContent(entry(row), payload(row))));
  }

  @Override
  public QuarantineEntry replay(
      String tenant, QuarantineId id, UUID table, List<Segment> segments) {
    requireNonNull(table, "table is null");
    if (segments.isEmpty()) {
      throw new IllegalArgumentException("Replay of quarantine entry " + id + " has no segments");
    }
    List<Shard> targets = new ArrayList<>(segments.size());
    for (Segment segment : segments) {
      Shard shard = shards.apply(segment.shard());
      if (!shard.tenant().equals(tenant)) {
        throw new IllegalArgumentException(
            "Shard %s belongs to tenant %s, not %s".formatted(shard.id(), shard.tenant(), tenant));
      }
      targets.add(shard);
    }
    Appender.Request request = Appender.Request.of(List.copyOf(segments), targets);
    return database.inTransaction(
        "Cannot replay quarantine entry " + id,
        handle -> {
          QuarantineEntry entry = lock(handle, tenant, id);
          switch (entry.state()) {
            case DROPPED -> throw new QuarantineFinishedException(entry);
            case REPLAYED -> {
              return entry;
            }
            case QUARANTINED -> {
              Publication publication = Publication.of(List.of(request));
              publication.complete(publication.execute(handle.getConnection()));
              mark(handle, id, table, request);
            }
          }
          return load(handle, tenant, id);
        });
  }

  private static void mark(Handle handle, QuarantineId id, UUID table, Appender.Request request) {
    List<Segment> segments = request.segments();
    handle
        .attach(QuarantineDao.class)
        .markReplayed(
            id.value(),
            table,
            segments.stream().map(segment -> segment.shard().value()).toArray(String[]::new),
            request.outcome().join().stream().mapToLong(Position::value).toArray(),
            segments.stream().mapToInt(Segment::rowCount).toArray());
  }

  @Override
  public QuarantineEntry drop(String tenant, QuarantineId id) {
    return database.inTransaction(
        "Cannot drop quarantine entry " + id,
        handle -> {
          QuarantineEntry entry = lock(handle, tenant, id);
          switch (entry.state()) {
            case REPLAYED -> throw new QuarantineFinishedException(entry);
            case DROPPED -> {
              return entry;
            }
            case QUARANTINED -> handle.attach(QuarantineDao.class).markDropped(id.value());
          }
          return load(handle, tenant, id);
        });
  }

  /** Locks before it looks, so that it sees what a rival did that held the lock. */
  private static QuarantineEntry lock(Handle handle, String tenant, QuarantineId id) {
    if (handle.attach(QuarantineDao.class).lock(id.value()).isEmpty()) {
      throw new QuarantineEntryNotFoundException(tenant, id);
    }
    return load(handle, tenant, id);
  }

  private static QuarantineEntry load(Handle handle, String tenant, QuarantineId id) {
    return handle
        .attach(QuarantineDao.class)
        .find(tenant, id.value())
        .map(PostgresQuarantine::entry)
        .orElseThrow(() -> new QuarantineEntryNotFoundException(tenant, id));
  }

  private static byte[] payload(QuarantineDao.EntryRow row) {
    byte[] payload = row.payload();
    return payload == null ? new byte[0] : payload;
  }

  private static QuarantineEntry entry(QuarantineDao.EntryRow row) {
    return new QuarantineEntry(
        new QuarantineId(row.entryId()),
        new ShardId(row.shard()),
        new Position(row.position()),
        row.rowCount(),
        row.sizeBytes(),
        row.publishedAt(),
        row.tableId(),
        row.reason(),
        row.quarantinedAt(),
        QuarantineState.valueOf(row.state().toUpperCase(Locale.ROOT)),
        row.finishedAt(),
        replay(row));
  }

  private static QuarantineEntry.@Nullable Replay replay(QuarantineDao.EntryRow row) {
    UUID table = row.replayTableId();
    List<String> shards = row.replayShards();
    List<Long> positions = row.replayPositions();
    List<Integer> rows = row.replayRows();
    if (table == null || shards == null || positions == null || rows == null) {
      return null;
    }
    return new QuarantineEntry.Replay(
        table,
        IntStream.range(0, shards.size())
            .mapToObj(
                i ->
                    new QuarantineEntry.Part(
                        new ShardId(shards.get(i)), new Position(positions.get(i)), rows.get(i)))
            .toList());
  }
}
