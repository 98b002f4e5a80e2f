package io.duckmesh.catalog;

import static java.util.Objects.requireNonNull;

/** Name of an owner of tables, keys, quotas and snapshots; nothing crosses it. */
public record TenantId(String value) {
  public TenantId {
    requireNonNull(value, "value is null");
    if (!value.matches("[a-z0-9][a-z0-9_-]{0,39}")) {
      throw new IllegalArgumentException("Tenant id is not of the form [a-z0-9_-]+: " + value);
    }
  }

  @Override
  public String toString() {
    return value;
  }
}
