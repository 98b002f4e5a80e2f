package io.duckmesh.api.receipt;

import io.duckmesh.catalog.ShardId;
import java.util.Collection;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** Highest position per shard that a write, or several, occupy. */
public record Positions(SortedMap<ShardId, Long> byShard) {
  public Positions {
    byShard = Collections.unmodifiableSortedMap(new TreeMap<>(byShard));
    for (Map.Entry<ShardId, Long> entry : byShard.entrySet()) {
      if (entry.getValue() < 1) {
        throw new IllegalArgumentException(
            "Position of shard %s must be positive: %d"
                .formatted(entry.getKey(), entry.getValue()));
      }
    }
  }

  public static Positions of(Map<ShardId, Long> byShard) {
    return new Positions(new TreeMap<>(byShard));
  }

  /** What covers all of them. */
  public static Positions covering(Collection<Positions> all) {
    SortedMap<ShardId, Long> highest = new TreeMap<>();
    for (Positions positions : all) {
      positions.byShard().forEach((shard, position) -> highest.merge(shard, position, Math::max));
    }
    return new Positions(highest);
  }

  public boolean isEmpty() {
    return byShard.isEmpty();
  }
}
