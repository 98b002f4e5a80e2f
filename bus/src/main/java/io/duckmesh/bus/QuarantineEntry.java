package io.duckmesh.bus;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A segment in quarantine, and what became of it.
 *
 * @param rowCount events inside
 * @param sizeBytes bytes of the segment
 * @param publishedAt when it was appended to the log
 * @param table whose events they are, null if the consumer could not tell
 * @param finishedAt when it was replayed or dropped, null before
 * @param replay where its events went, null if it was not replayed
 */
public record QuarantineEntry(
    QuarantineId id,
    ShardId shard,
    Position position,
    int rowCount,
    int sizeBytes,
    Instant publishedAt,
    @Nullable UUID table,
    String reason,
    Instant quarantinedAt,
    QuarantineState state,
    @Nullable Instant finishedAt,
    @Nullable Replay replay) {
  public QuarantineEntry {
    requireNonNull(id, "id is null");
    requireNonNull(shard, "shard is null");
    requireNonNull(position, "position is null");
    requireNonNull(publishedAt, "publishedAt is null");
    requireNonNull(reason, "reason is null");
    requireNonNull(quarantinedAt, "quarantinedAt is null");
    requireNonNull(state, "state is null");
    if ((state == QuarantineState.QUARANTINED) != (finishedAt == null)
        || (state == QuarantineState.REPLAYED) != (replay != null)) {
      throw new IllegalArgumentException(
          "Entry %s is %s, finished at %s, replayed as %s"
              .formatted(id, state, finishedAt, replay));
    }
  }

  /**
   * The events as they are in the log again.
   *
   * @param table whose events they are now
   */
  public record Replay(UUID table, List<Part> parts) {
    public Replay {
      requireNonNull(table, "table is null");
      parts = List.copyOf(parts);
    }

    /** Events in all parts. */
    public long rowCount() {
      return parts.stream().mapToLong(Part::rowCount).sum();
    }
  }

  /** A segment of a replay. */
  public record Part(ShardId shard, Position position, int rowCount) {
    public Part {
      requireNonNull(shard, "shard is null");
      requireNonNull(position, "position is null");
    }
  }
}
