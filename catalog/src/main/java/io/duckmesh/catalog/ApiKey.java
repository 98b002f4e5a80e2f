package io.duckmesh.catalog;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.Set;

/**
 * A key as the catalog knows it: never the key itself, only its hash.
 *
 * @param keyId public part of the key, shown in lists and logs
 * @param hash SHA-256 of the whole key
 */
public record ApiKey(
    String keyId, TenantId tenant, byte[] hash, String label, Set<Role> roles, Instant createdAt) {
  public ApiKey {
    requireNonNull(keyId, "keyId is null");
    requireNonNull(tenant, "tenant is null");
    requireNonNull(label, "label is null");
    requireNonNull(createdAt, "createdAt is null");
    hash = hash.clone();
    roles = Set.copyOf(roles);
  }

  @Override
  public byte[] hash() {
    return hash.clone();
  }

  @Override
  public String toString() {
    return "ApiKey[keyId=%s, tenant=%s, label=%s, roles=%s]".formatted(keyId, tenant, label, roles);
  }
}
