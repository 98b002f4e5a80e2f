package io.duckmesh.bus;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * Settings of a log.
 *
 * @param backlogLimitBytes once so many payload bytes of one tenant wait to land, publishing is
 *     refused; where several processes publish, what others append within a moment may pass it
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
    if (pollInterval.isNegative() || pollInterval.isZero()) {
      throw new IllegalArgumentException("Poll interval must be positive: " + pollInterval);
    }
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

  public BusOptions withMaxGroupBytes(long maxGroupBytes) {
    return new BusOptions(backlogLimitBytes, partitionBytes, maxGroupBytes, pollInterval);
  }

  public BusOptions withPollInterval(Duration pollInterval) {
    return new BusOptions(backlogLimitBytes, partitionBytes, maxGroupBytes, pollInterval);
  }

  public BusOptions withPartitionBytes(long partitionBytes) {
    return new BusOptions(backlogLimitBytes, partitionBytes, maxGroupBytes, pollInterval);
  }
}
