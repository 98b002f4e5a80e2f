package io.duckmesh.activities.materialize;

import static java.util.Objects.requireNonNull;

import io.duckmesh.bus.BatchLimits;
import java.time.Duration;

/**
 * Settings of a materializer.
 *
 * @param limits when a claim returns
 * @param lease how long a claim holds unless it is extended; after a crash between claim and write
 *     the shard stands still this long
 * @param beat how often steps report, and extend their lease
 * @param bufferBytes memory for decoded rows of all batches together, more or less
 * @param fileBytes size of decoded rows past which the next data file begins
 * @param fileRows rows past which the next data file begins
 * @param writers files that are written at the same time
 */
public record MaterializeSettings(
    BatchLimits limits,
    Duration lease,
    Duration beat,
    long bufferBytes,
    long fileBytes,
    long fileRows,
    int writers) {
  public static final MaterializeSettings DEFAULTS =
      new MaterializeSettings(
          BatchLimits.DEFAULTS,
          Duration.ofSeconds(15),
          Duration.ofSeconds(2),
          512L << 20,
          128L << 20,
          2_000_000,
          2);

  public MaterializeSettings {
    requireNonNull(limits, "limits is null");
    requireNonNull(lease, "lease is null");
    requireNonNull(beat, "beat is null");
    if (bufferBytes < 1 || fileBytes < 1 || fileRows < 1 || writers < 1) {
      throw new IllegalArgumentException(
          "Sizes must be positive: buffer %d bytes, files of %d bytes and %d rows, %d writers"
              .formatted(bufferBytes, fileBytes, fileRows, writers));
    }
    if (beat.isNegative() || beat.isZero() || lease.compareTo(beat.multipliedBy(2)) < 0) {
      throw new IllegalArgumentException(
          "A lease of %s must hold for at least two beats of %s".formatted(lease, beat));
    }
  }

  public MaterializeSettings withLimits(BatchLimits limits) {
    return new MaterializeSettings(limits, lease, beat, bufferBytes, fileBytes, fileRows, writers);
  }

  public MaterializeSettings withLease(Duration lease) {
    return new MaterializeSettings(limits, lease, beat, bufferBytes, fileBytes, fileRows, writers);
  }

  public MaterializeSettings withBeat(Duration beat) {
    return new MaterializeSettings(limits, lease, beat, bufferBytes, fileBytes, fileRows, writers);
  }

  public MaterializeSettings withBufferBytes(long bufferBytes) {
    return new MaterializeSettings(limits, lease, beat, bufferBytes, fileBytes, fileRows, writers);
  }

  public MaterializeSettings withFileRows(long fileRows) {
    return new MaterializeSettings(limits, lease, beat, bufferBytes, fileBytes, fileRows, writers);
  }

  public MaterializeSettings withWriters(int writers) {
    return new MaterializeSettings(limits, lease, beat, bufferBytes, fileBytes, fileRows, writers);
  }
}
