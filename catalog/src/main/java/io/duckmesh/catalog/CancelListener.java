package io.duckmesh.catalog;

import org.jspecify.annotations.Nullable;

/** Cancels queries that run in this process. */
@FunctionalInterface
public interface CancelListener {
  /**
   * Asks the query to end; does not wait until it has.
   *
   * @param keyId only if this key asked it; null: whoever did
   * @return whether it was running here
   */
  boolean cancel(TenantId tenant, QueryId id, @Nullable String keyId);
}
