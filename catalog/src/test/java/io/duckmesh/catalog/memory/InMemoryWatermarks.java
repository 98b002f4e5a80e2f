package io.duckmesh.catalog.memory;

import io.duckmesh.catalog.LandedSegment;
import io.duckmesh.catalog.SegmentForgottenException;
import io.duckmesh.catalog.SegmentOutcome;
import io.duckmesh.catalog.ShardId;
import io.duckmesh.catalog.Snapshot;
import io.duckmesh.catalog.Watermark;
import io.duckmesh.catalog.Watermarks;
import io.duckmesh.catalog.memory.State.Write;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

final class InMemoryWatermarks implements Watermarks {
  private static final Duration LONGEST_TIMEOUT = Duration.ofDays(365);

  private final State state;
  private boolean closed;

  InMemoryWatermarks(State state) {
    this.state = state;
  }

  @Override
  public List<Watermark> list() {
    return state.locked(() -> List.copyOf(state.watermarks.values()));
  }

  @Override
  public Watermark load(ShardId shard) {
    return state.locked(
        () -> {
          Watermark watermark = state.watermarks.get(shard);
          if (watermark == null) {
            throw new IllegalArgumentException("Shard does not exist: " + shard);
          }
          return watermark;
        });
  }

  @Override
  public boolean await(Map<ShardId, Long> positions, Duration timeout) throws InterruptedException {
    long nanos = (timeout.compareTo(LONGEST_TIMEOUT) > 0 ? LONGEST_TIMEOUT : timeout).toNanos();
    state.lock().lock();
    try {
      while (!haveLanded(positions)) {
        if (closed || nanos <= 0) {
          return false;
        }
        nanos = state.changed.awaitNanos(nanos);
      }
      return true;
    } finally {
      state.lock().unlock();
    }
  }

  @Override
  public long awaitAdvance(long seen, Duration timeout) throws InterruptedException {
    state.lock().lock();
    try {
      long nanos = timeout.toNanos();
      while (positions() == seen && nanos > 0 && !closed) {
        nanos = state.changed.awaitNanos(nanos);
      }
      return positions();
    } finally {
      state.lock().unlock();
    }
  }

  /** Watermarks only increase, so their sum tells every move. */
  private long positions() {
    return list().stream().mapToLong(Watermark::position).sum();
  }

  private boolean haveLanded(Map<ShardId, Long> positions) {
    return positions.entrySet().stream()
        .allMatch(entry -> load(entry.getKey()).position() >= entry.getValue());
  }

  @Override
  public Optional<LandedSegment> findLanded(ShardId shard, long position) {
    return state.locked(
        () -> {
          NavigableMap<Long, Write> landed = state.landed.get(shard);
          Map.Entry<Long, Write> batch = landed == null ? null : landed.ceilingEntry(position);
          if (batch == null || batch.getValue().after >= position) {
            return Optional.empty();
          }
          if (batch.getValue().forgotten) {
            throw new SegmentForgottenException(
                "Position %d of shard %s landed so long ago that what became of it is not kept"
                    .formatted(position, shard));
          }
          return Optional.of(landed(shard, position, batch.getValue()));
        });
  }

  private static LandedSegment landed(ShardId shard, long position, Write write) {
    if (write.commit == null) {
      throw new IllegalStateException("Write %s has landed without a commit".formatted(write.id));
    }
    Snapshot snapshot = write.commit.snapshot();
    @Nullable SegmentOutcome outcome = write.outcome(position);
    return outcome == null
        ? new LandedSegment(shard, position, snapshot, 0, 0, null)
        : new LandedSegment(
            shard,
            position,
            snapshot,
            outcome.duplicates(),
            outcome.quarantined(),
            outcome.reason());
  }

  /** Wakes everybody who waits here. */
  void close() {
    state.locked(
        () -> {
          closed = true;
          state.changed.signalAll();
          return closed;
        });
  }
}
