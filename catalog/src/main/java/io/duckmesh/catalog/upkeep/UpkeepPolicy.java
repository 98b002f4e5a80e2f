package io.duckmesh.catalog.upkeep;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Wishes of a tenant or a table; null where there is none.
 *
 * @param compact whether small files are merged
 * @param targetFileBytes size that merged files should have
 * @param window when files are merged and rows expire, null: always
 * @param keepSnapshots how long snapshots can be read, at least
 * @param keepAtLeast how many of the tenant's newest snapshots can be read, at least
 * @param rows which rows go by their age; of tables only
 */
public record UpkeepPolicy(
    @Nullable Boolean compact,
    @Nullable Long targetFileBytes,
    @Nullable UpkeepWindow window,
    @Nullable Duration keepSnapshots,
    @Nullable Integer keepAtLeast,
    @Nullable RowRetention rows) {
  public static final UpkeepPolicy NONE = new UpkeepPolicy(null, null, null, null, null, null);

  /** Smaller files than this cost more than they help. */
  public static final long LEAST_TARGET_BYTES = 1L << 20;

  public static final long MOST_TARGET_BYTES = 4L << 30;

  public UpkeepPolicy {
    if (targetFileBytes != null
        && (targetFileBytes < LEAST_TARGET_BYTES || targetFileBytes > MOST_TARGET_BYTES)) {
      throw new IllegalArgumentException(
          "Target size of files must be from %d to %d bytes: %d"
              .formatted(LEAST_TARGET_BYTES, MOST_TARGET_BYTES, targetFileBytes));
    }
    if (keepSnapshots != null && keepSnapshots.isNegative()) {
      throw new IllegalArgumentException(
          "Time to keep snapshots must not be negative: " + keepSnapshots);
    }
    if (keepAtLeast != null && keepAtLeast < 1) {
      throw new IllegalArgumentException(
          "Number of snapshots to keep must be positive: " + keepAtLeast);
    }
  }
}
