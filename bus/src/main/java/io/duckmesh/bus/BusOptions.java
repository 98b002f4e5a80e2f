package io.duckmesh.bus;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * Settings of a log.
 *
 * @param backlogLimitBytes payload bytes of one tenant that may wait to land before publishing is
 *     refused
 * @param partitionBytes payload bytes after which a shard goes on in another partition
 * @param maxGroupBytes payload bytes that one publishing transaction takes at most
 * @param pollInterval how often a waiting claim looks by itself, besides being notified
 */
public record BusOptions(
    long backlogLimitBytes, long partitionBytes, long maxGroupBytes, Duration pollInterval) {
  public static final BusOptions DEFAULTS =
      new BusOptions(4L << 30, 64L << 20, 16L << 20, Duration.ofSeconds(1));

  public BusOptions {
    requireNonNull(pollInterval, "pollInterval is null");
    if (backlogLimitBytes < 1 || partitionBytes < 1 || maxGroupBytes < 1) {
      throw new IllegalArgumentException(
          "Sizes must be positive: "
              + backlogLimitBytes
              + ", "
              + partitionBytes
              + ", "
              + maxGroupBytes);
    }
  }

  public BusOptions withBacklogLimitBytes(long backlogLimitBytes) {
    return new BusOptions(backlogLimitBytes, partitionBytes, maxGroupBytes, pollInterval);
  }

  public BusOptions withPartitionBytes(long partitionBytes) {
    return new BusOptions(backlogLimitBytes, partitionBytes, maxGroupBytes, pollInterval);
  }
}
