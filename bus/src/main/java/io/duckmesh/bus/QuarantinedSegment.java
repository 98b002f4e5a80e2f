package io.duckmesh.bus;

import static java.util.Objects.requireNonNull;

import java.time.Instant;

/** A segment that could not land, kept whole with the reason until somebody replays or drops it. */
public record QuarantinedSegment(PublishedSegment segment, String reason, Instant quarantinedAt) {
  public QuarantinedSegment {
    requireNonNull(segment, "segment is null");
    requireNonNull(reason, "reason is null");
    requireNonNull(quarantinedAt, "quarantinedAt is null");
  }
}
