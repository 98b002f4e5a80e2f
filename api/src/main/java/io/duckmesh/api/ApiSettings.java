package io.duckmesh.api;

import static java.util.Objects.requireNonNull;

import io.duckmesh.engine.query.QueryLimits;
import java.time.Duration;

/**
 * Settings of the gateway.
 *
 * @param maxBodyBytes largest body of events, decompressed
 * @param maxInFlightBytes bytes of bodies that may be in memory at once; past it requests are
 *     refused until there is room
 * @param maxRows most events in one request
 * @param arrowBytes most off-heap memory for rows being checked and encoded
 * @param defaultWait how long {@code wait=visible} and tokens wait when the client does not say
 * @param maxWait the longest wait that a client may ask for
 * @param defaultLimits limits of a query that does not say any
 * @param maxLimits the highest limits that a query may ask for
 * @param tableCacheTtl how long a gateway may take events for a table that another has dropped
 * @param keyCacheTtl how long a revoked key may still work
 * @param slowRequest requests that take longer are logged
 * @param upkeepCountTtl how old counts of files and garbage may be: they read an entry of each
 */
public record ApiSettings(
    long maxBodyBytes,
    long maxInFlightBytes,
    long maxRows,
    long arrowBytes,
    Duration defaultWait,
    Duration maxWait,
    QueryLimits defaultLimits,
    QueryLimits maxLimits,
    Duration tableCacheTtl,
    Duration keyCacheTtl,
    Duration slowRequest,
    Duration upkeepCountTtl) {
  public static final ApiSettings DEFAULTS =
      new ApiSettings(
          64L << 20,
          512L << 20,
          1_000_000,
          1L << 30,
          Duration.ofSeconds(5),
          Duration.ofMinutes(1),
          QueryLimits.DEFAULTS,
          new QueryLimits(Duration.ofMinutes(10), 100_000_000, 16L << 30),
          Duration.ofSeconds(1),
          Duration.ofSeconds(10),
          Duration.ofSeconds(1),
          Duration.ofMinutes(1));

  public ApiSettings {
    requireNonNull(defaultWait, "defaultWait is null");
    requireNonNull(maxWait, "maxWait is null");
    requireNonNull(defaultLimits, "defaultLimits is null");
    requireNonNull(maxLimits, "maxLimits is null");
    requireNonNull(tableCacheTtl, "tableCacheTtl is null");
    requireNonNull(keyCacheTtl, "keyCacheTtl is null");
    requireNonNull(slowRequest, "slowRequest is null");
    requireNonNull(upkeepCountTtl, "upkeepCountTtl is null");
    if (maxBodyBytes < 1 || maxBodyBytes > Integer.MAX_VALUE - 16) {
      throw new IllegalArgumentException("Body size must be 1 to 2 GiB: " + maxBodyBytes);
    }
    if (maxInFlightBytes < maxBodyBytes || maxRows < 1 || arrowBytes < 1) {
      throw new IllegalArgumentException(
          "Not possible: %d bytes in flight for bodies of %d, %d rows, %d bytes of Arrow memory"
              .formatted(maxInFlightBytes, maxBodyBytes, maxRows, arrowBytes));
    }
  }

  public ApiSettings withMaxBodyBytes(long maxBodyBytes) {
    return new ApiSettings(
        maxBodyBytes,
        Math.max(maxInFlightBytes, maxBodyBytes),
        maxRows,
        arrowBytes,
        defaultWait,
        maxWait,
        defaultLimits,
        maxLimits,
        tableCacheTtl,
        keyCacheTtl,
        slowRequest,
        upkeepCountTtl);
  }

  public ApiSettings withMaxInFlightBytes(long maxInFlightBytes) {
    return new ApiSettings(
        maxBodyBytes,
        maxInFlightBytes,
        maxRows,
        arrowBytes,
        defaultWait,
        maxWait,
        defaultLimits,
        maxLimits,
        tableCacheTtl,
        keyCacheTtl,
        slowRequest,
        upkeepCountTtl);
  }

  public ApiSettings withWaits(Duration defaultWait, Duration maxWait) {
    return new ApiSettings(
        maxBodyBytes,
        maxInFlightBytes,
        maxRows,
        arrowBytes,
        defaultWait,
        maxWait,
        defaultLimits,
        maxLimits,
        tableCacheTtl,
        keyCacheTtl,
        slowRequest,
        upkeepCountTtl);
  }

  public ApiSettings withQueryLimits(QueryLimits defaultLimits, QueryLimits maxLimits) {
    return new ApiSettings(
        maxBodyBytes,
        maxInFlightBytes,
        maxRows,
        arrowBytes,
        defaultWait,
        maxWait,
        defaultLimits,
        maxLimits,
        tableCacheTtl,
        keyCacheTtl,
        slowRequest,
        upkeepCountTtl);
  }

  public ApiSettings withSlowRequest(Duration slowRequest) {
    return new ApiSettings(
        maxBodyBytes,
        maxInFlightBytes,
        maxRows,
        arrowBytes,
        defaultWait,
        maxWait,
        defaultLimits,
        maxLimits,
        tableCacheTtl,
        keyCacheTtl,
        slowRequest,
        upkeepCountTtl);
  }

  public ApiSettings withUpkeepCountTtl(Duration upkeepCountTtl) {
    return new ApiSettings(
        maxBodyBytes,
        maxInFlightBytes,
        maxRows,
        arrowBytes,
        defaultWait,
        maxWait,
        defaultLimits,
        maxLimits,
        tableCacheTtl,
        keyCacheTtl,
        slowRequest,
        upkeepCountTtl);
  }
}
