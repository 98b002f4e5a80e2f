package io.duckmesh.api.query;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.duckmesh.catalog.Snapshot;
import io.duckmesh.catalog.TenantId;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Which snapshot this gateway has seen as the newest of a tenant last, and when it asked. May be
 * used from any thread.
 */
final class NewestSeen {
  private static final long MAX_TENANTS = 100_000;

  private final Cache<TenantId, Seen> byTenant =
      Caffeine.newBuilder().maximumSize(MAX_TENANTS).build();

  private record Seen(Snapshot snapshot, long askedNanos) {}

  /**
   * Notes an answer of the catalog.
   *
   * @param askedNanos {@link System#nanoTime()} before it was asked: then or later, the snapshot
   *     was the newest
   */
  void saw(Snapshot snapshot, long askedNanos) {
    byTenant
        .asMap()
        .merge(
            snapshot.tenant(),
            new Seen(snapshot, askedNanos),
            (old, seen) -> seen.askedNanos() - old.askedNanos() > 0 ? seen : old);
  }

  /** A snapshot that was the newest at most that long ago, null if none is known. */
  @Nullable Snapshot within(TenantId tenant, Duration staleness) {
    Seen seen = byTenant.getIfPresent(tenant);
    return seen != null && System.nanoTime() - seen.askedNanos() <= staleness.toNanos()
        ? seen.snapshot()
        : null;
  }
}
