package io.duckmesh.catalog;

import static java.util.Objects.requireNonNull;

import java.util.UUID;

/** What a query of a tenant is known by, chosen by the gateway or by the client. */
public record QueryId(UUID value) {
  public QueryId {
    requireNonNull(value, "value is null");
  }

  @Override
  public String toString() {
    return value.toString();
  }
}
