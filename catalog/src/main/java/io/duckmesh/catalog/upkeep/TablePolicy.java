package io.duckmesh.catalog.upkeep;

import static java.util.Objects.requireNonNull;

import io.duckmesh.catalog.TableId;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What holds for a table: its wishes, where it has none its tenant's, where that has none the
 * defaults.
 *
 * @param window when files are merged and rows expire, null: always
 * @param rows which rows go by their age, null: none
 */
public record TablePolicy(
    TableId table,
    String name,
    boolean compact,
    long targetFileBytes,
    @Nullable UpkeepWindow window,
    Duration keepSnapshots,
    int keepAtLeast,
    @Nullable RowRetention rows) {
  public static final long DEFAULT_TARGET_BYTES = 128L << 20;
  public static final Duration DEFAULT_KEEP_SNAPSHOTS = Duration.ofDays(7);
  public static final int DEFAULT_KEEP_AT_LEAST = 10;

  public TablePolicy {
    requireNonNull(table, "table is null");
    requireNonNull(name, "name is null");
    requireNonNull(keepSnapshots, "keepSnapshots is null");
  }

  /** Of the wishes of the table and of its tenant. */
  public static TablePolicy of(
      TableId table, String name, UpkeepPolicy wishes, UpkeepPolicy tenant) {
    return new TablePolicy(
        table,
        name,
        first(wishes.compact(), tenant.compact(), true),
        first(wishes.targetFileBytes(), tenant.targetFileBytes(), DEFAULT_TARGET_BYTES),
        wishes.window() == null ? tenant.window() : wishes.window(),
        first(wishes.keepSnapshots(), tenant.keepSnapshots(), DEFAULT_KEEP_SNAPSHOTS),
        first(wishes.keepAtLeast(), tenant.keepAtLeast(), DEFAULT_KEEP_AT_LEAST),
        wishes.rows());
  }

  private static <T> T first(@Nullable T own, @Nullable T tenants, T otherwise) {
    return Optional.ofNullable(own).or(() -> Optional.ofNullable(tenants)).orElse(otherwise);
  }

  /** Whether files may be merged and rows expire then. */
  public boolean isOpen(Instant time) {
    return window == null || window.contains(time);
  }
}
