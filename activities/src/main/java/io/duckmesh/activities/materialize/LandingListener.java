package io.duckmesh.activities.materialize;

import io.duckmesh.catalog.TenantId;

/** Hears that batches have landed. */
@FunctionalInterface
public interface LandingListener {
  /** Hears nothing. */
  LandingListener NONE = tenant -> {};

  /** A batch of the tenant has landed. Called by who lands the next one, so it must not wait. */
  void landed(TenantId tenant);
}
