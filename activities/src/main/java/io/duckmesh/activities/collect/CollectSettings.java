package io.duckmesh.activities.collect;

import static java.util.Objects.requireNonNull;

import io.duckmesh.catalog.upkeep.Garbage;
import java.time.Duration;

/**
 * How garbage is deleted.
 *
 * @param grace how long an object stays after it was marked, at least {@link Garbage#LEAST_GRACE}
 * @param slice how long one step works before it says how far it is; a page at least
 * @param page objects that are deleted together
 */
public record CollectSettings(Duration grace, Duration slice, int page) {
  public static final CollectSettings DEFAULTS =
      new CollectSettings(Duration.ofHours(1), Duration.ofMinutes(1), 1_000);

  public CollectSettings {
    requireNonNull(grace, "grace is null");
    requireNonNull(slice, "slice is null");
    if (grace.compareTo(Garbage.LEAST_GRACE) < 0 || page < 1) {
      throw new IllegalArgumentException(
          "Not possible: grace time of %s, %d objects at once".formatted(grace, page));
    }
  }

  public CollectSettings withGrace(Duration grace) {
    return new CollectSettings(grace, slice, page);
  }

  public CollectSettings withSlice(Duration slice, int page) {
    return new CollectSettings(grace, slice, page);
  }
}
