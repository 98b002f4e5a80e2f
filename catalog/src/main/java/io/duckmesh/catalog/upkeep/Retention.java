package io.duckmesh.catalog.upkeep;

import io.duckmesh.catalog.SnapshotExpiredException;
import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.SnapshotNotFoundException;
import io.duckmesh.catalog.TenantId;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which snapshots can be read: of each table those from a first one on, and those that are pinned.
 * The first one only grows.
 */
public interface Retention {
  /**
   * What an expiry would do now, by the policies.
   *
   * @throws IllegalArgumentException if there is no such tenant
   */
  ExpiryPlan plan(TenantId tenant);

  /**
   * Does what the plan says; pins that were made since it was made protect. Repeatable: what has
   * been done is not undone by an older plan.
   */
  void expire(ExpiryPlan plan);

  /**
   * Forgets entries of snapshots that have expired and that no receipt needs, and what else is kept
   * of them; not files, which are {@link Garbage}'s. Repeatable, in pages.
   *
   * @return how many entries; less than the limit if nothing is left to forget
   */
  int forget(TenantId tenant, int limit);

  /**
   * Pins the snapshot under the name, or moves the pin of that name.
   *
   * @param expiresAt until when it protects, null: until it is removed
   * @throws SnapshotExpiredException if the snapshot can not be read any more, wholly or in part
   * @throws SnapshotNotFoundException if the tenant never had it
   */
  Pin pin(TenantId tenant, String name, SnapshotId snapshot, @Nullable Instant expiresAt);

  /** Removes the pin; returns false if there was none. */
  boolean unpin(TenantId tenant, String name);

  /** Pins by name. */
  List<Pin> pins(TenantId tenant);
}
