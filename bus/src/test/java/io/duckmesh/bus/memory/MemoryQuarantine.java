package io.duckmesh.bus.memory;

import io.duckmesh.bus.Position;
import io.duckmesh.bus.PublishedSegment;
import io.duckmesh.bus.Quarantine;
import io.duckmesh.bus.QuarantineContent;
import io.duckmesh.bus.QuarantineEntry;
import io.duckmesh.bus.QuarantineEntryNotFoundException;
import io.duckmesh.bus.QuarantineFilter;
import io.duckmesh.bus.QuarantineFinishedException;
import io.duckmesh.bus.QuarantineId;
import io.duckmesh.bus.QuarantineState;
import io.duckmesh.bus.QuarantinedSegment;
import io.duckmesh.bus.Segment;
import io.duckmesh.bus.ShardId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The quarantine of a log in memory; everything happens under the log's lock. */
final class MemoryQuarantine implements Quarantine {
  private final MemoryBus bus;
  private final TreeMap<QuarantineId, Kept> entries = new TreeMap<>();

  MemoryQuarantine(MemoryBus bus) {
    this.bus = bus;
  }

  private record Kept(
      QuarantineId id,
      String tenant,
      QuarantinedSegment quarantined,
      @Nullable UUID table,
      @Nullable Instant finishedAt,
      QuarantineEntry.@Nullable Replay replay) {
    QuarantineState state() {
      if (finishedAt == null) {
        return QuarantineState.QUARANTINED;
      }
      return replay == null ? QuarantineState.DROPPED : QuarantineState.REPLAYED;
    }

    Kept finished(Instant at, QuarantineEntry.@Nullable Replay how) {
      return new Kept(id, tenant, quarantined, table, at, how);
    }

    QuarantineEntry entry() {
      PublishedSegment segment = quarantined.segment();
      return new QuarantineEntry(
          id,
          segment.shard(),
          segment.position(),
          segment.rowCount(),
          segment.payload().length,
          segment.publishedAt(),
          table,
          quarantined.reason(),
          quarantined.quarantinedAt(),
          state(),
          finishedAt,
          replay);
    }

    QuarantineContent content() {
      return new QuarantineContent(
          entry(), finishedAt == null ? quarantined.segment().payload() : new byte[0]);
    }
  }

  /** Called under the lock. */
  void add(String tenant, QuarantinedSegment segment, @Nullable UUID table) {
    QuarantineId id = new QuarantineId(entries.size() + 1);
    entries.put(id, new Kept(id, tenant, segment, table, null, null));
  }

  /** In position order, those replayed or dropped only if asked for. Called under the lock. */
  List<QuarantinedSegment> all(ShardId shard, boolean finishedToo) {
    return entries.values().stream()
        .filter(kept -> finishedToo || kept.finishedAt() == null)
        .map(Kept::quarantined)
        .filter(quarantined -> quarantined.segment().shard().equals(shard))
        .sorted(Comparator.comparing(quarantined -> quarantined.segment().position()))
        .toList();
  }

  @Override
  public List<QuarantineEntry> list(String tenant, QuarantineFilter filter) {
    return bus.locked(
        () ->
            entries.descendingMap().values().stream()
                .filter(kept -> kept.tenant().equals(tenant))
                .map(Kept::entry)
                .filter(entry -> matches(entry, filter))
                .limit(filter.limit())
                .toList());
  }

  private static boolean matches(QuarantineEntry entry, QuarantineFilter filter) {
    Set<UUID> tables = filter.tables();
    UUID table = entry.table();
    QuarantineState state = filter.state();
    QuarantineId before = filter.before();
    return (tables == null || (table != null && tables.contains(table)))
        && (state == null || state == entry.state())
        && (before == null || entry.id().compareTo(before) < 0);
  }

  @Override
  public Optional<QuarantineContent> find(String tenant, QuarantineId id) {
    return bus.locked(
        () ->
            Optional.ofNullable(entries.get(id))
                .filter(kept -> kept.tenant().equals(tenant))
                .map(Kept::content));
  }

  @Override
  public QuarantineEntry replay(
      String tenant, QuarantineId id, UUID table, List<Segment> segments) {
    if (segments.isEmpty()) {
      throw new IllegalArgumentException("Replay of quarantine entry " + id + " has no segments");
    }
    return bus.locked(
        () -> {
          for (Segment segment : segments) {
            if (!bus.tenant(segment.shard()).equals(tenant)) {
              throw new IllegalArgumentException(
                  "Shard %s belongs to tenant %s, not %s"
                      .formatted(segment.shard(), bus.tenant(segment.shard()), tenant));
            }
          }
          Kept kept = require(tenant, id);
          if (kept.state() == QuarantineState.DROPPED) {
            throw new QuarantineFinishedException(kept.entry());
          }
          if (kept.state() == QuarantineState.QUARANTINED) {
            List<Position> positions = bus.append(segments);
            List<QuarantineEntry.Part> parts = new ArrayList<>();
            for (int i = 0; i < segments.size(); i++) {
              parts.add(
                  new QuarantineEntry.Part(
                      segments.get(i).shard(), positions.get(i), segments.get(i).rowCount()));
            }
            kept = kept.finished(bus.now(), new QuarantineEntry.Replay(table, parts));
            entries.put(id, kept);
          }
          return kept.entry();
        });
  }

  @Override
  public QuarantineEntry drop(String tenant, QuarantineId id) {
    return bus.locked(
        () -> {
          Kept kept = require(tenant, id);
          if (kept.state() == QuarantineState.REPLAYED) {
            throw new QuarantineFinishedException(kept.entry());
          }
          if (kept.state() == QuarantineState.QUARANTINED) {
            kept = kept.finished(bus.now(), null);
            entries.put(id, kept);
          }
          return kept.entry();
        });
  }

  private Kept require(String tenant, QuarantineId id) {
    Kept kept = entries.get(id);
    if (kept == null || !kept.tenant().equals(tenant)) {
      throw new QuarantineEntryNotFoundException(tenant, id);
    }
    return kept;
  }
}
