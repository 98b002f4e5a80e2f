package io.duckmesh.catalog;

import static java.util.Objects.requireNonNull;

/** The object of a query's result. */
public record StoredResult(TenantId tenant, QueryId id, String objectKey) {
  public StoredResult {
    requireNonNull(tenant, "tenant is null");
    requireNonNull(id, "id is null");
    requireNonNull(objectKey, "objectKey is null");
  }
}
