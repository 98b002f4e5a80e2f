package io.duckmesh.bus;

import static java.util.Objects.requireNonNull;

/**
 * How many segments begin with the same bytes.
 *
 * @param prefix the first bytes of their payloads
 * @param segments how many they are
 * @param rows events inside, as their publishers counted them
 */
public record SegmentCount(byte[] prefix, long segments, long rows) {
  public SegmentCount {
    requireNonNull(prefix, "prefix is null");
    if (segments < 1 || rows < segments) {
      throw new IllegalArgumentException(
          "Segments have at least one row each: %d, %d".formatted(segments, rows));
    }
  }
}
