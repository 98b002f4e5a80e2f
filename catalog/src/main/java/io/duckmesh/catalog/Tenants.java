package io.duckmesh.catalog;

import java.util.List;
import java.util.Optional;

/** Owners and their keys. */
public interface Tenants {
  /**
   * Makes the tenant with its shards {@code <tenant>-0} to {@code <tenant>-<shards-1>} and its
   * first, empty snapshot. Where it exists, only missing shards are added.
   */
  void ensure(TenantId tenant, int shards);

  List<TenantId> list();

  /** Shards of the tenant in order of their number. */
  List<ShardId> shards(TenantId tenant);

  /**
   * Adds the key.
   *
   * @throws IllegalArgumentException if a key of that id or hash was added before
   */
  void addApiKey(ApiKey key);

  /** Finds a key that has not been revoked by its hash. */
  Optional<ApiKey> findApiKey(byte[] hash);

  List<ApiKey> listApiKeys(TenantId tenant);

  /** Revokes the key; returns false if there was no such live key. */
  boolean revokeApiKey(TenantId tenant, String keyId);
}
