package io.duckmesh.api.auth;

import static java.util.Objects.requireNonNull;

import io.duckmesh.catalog.Role;
import io.duckmesh.catalog.TenantId;
import java.util.Set;

/** Who calls: the key's public part, its tenant, and what it may do. */
public record Caller(String keyId, TenantId tenant, Set<Role> roles) {
  static final String ATTRIBUTE = "duckmesh.caller";

  public Caller {
    requireNonNull(keyId, "keyId is null");
    requireNonNull(tenant, "tenant is null");
    roles = Set.copyOf(roles);
  }
}
