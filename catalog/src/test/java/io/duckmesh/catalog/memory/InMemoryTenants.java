package io.duckmesh.catalog.memory;

import io.duckmesh.catalog.ApiKey;
import io.duckmesh.catalog.ShardId;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.Tenants;
import io.duckmesh.catalog.Watermark;
import io.duckmesh.catalog.memory.State.Tenant;
import java.time.Clock;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

final class InMemoryTenants implements Tenants {
  private final State state;
  private final Clock clock;

  InMemoryTenants(State state, Clock clock) {
    this.state = state;
    this.clock = clock;
  }

  @Override
  public void ensure(TenantId id, int shards) {
    if (shards < 1) {
      throw new IllegalArgumentException("Shards must be positive: " + shards);
    }
    state.locked(
        () -> {
          Tenant tenant = state.tenants.computeIfAbsent(id.value(), value -> new Tenant(id));
          if (tenant.snapshots.isEmpty()) {
            tenant.create(clock.instant(), "create_tenant");
          }
          for (int number = tenant.shards.size(); number < shards; number++) {
            ShardId shard = new ShardId(id + "-" + number);
            tenant.shards.add(shard);
            state.watermarks.put(shard, new Watermark(shard, id, 0, tenant.newest().id()));
          }
          return tenant;
        });
  }

  @Override
  public List<TenantId> list() {
    return state.locked(() -> state.tenants.values().stream().map(tenant -> tenant.id).toList());
  }

  @Override
  public List<ShardId> shards(TenantId tenant) {
    return state.locked(
        () -> {
          Tenant found = state.tenants.get(tenant.value());
          return found == null ? List.of() : List.copyOf(found.shards);
        });
  }

  @Override
  public void addApiKey(ApiKey key) {
    state.locked(
        () -> {
          state.tenant(key.tenant());
          boolean exists =
              state.apiKeys.values().stream()
                  .anyMatch(
                      other ->
                          other.keyId().equals(key.keyId())
                              || Arrays.equals(other.hash(), key.hash()));
          if (exists) {
            throw new IllegalArgumentException("API key exists: " + key.keyId());
          }
          return state.apiKeys.put(key.keyId(), key);
        });
  }

  @Override
  public Optional<ApiKey> findApiKey(byte[] hash) {
    return state.locked(
        () ->
            state.apiKeys.values().stream()
                .filter(this::isLive)
                .filter(key -> Arrays.equals(key.hash(), hash))
                .findFirst());
  }

  @Override
  public List<ApiKey> listApiKeys(TenantId tenant) {
    return state.locked(
        () ->
            state.apiKeys.values().stream()
                .filter(this::isLive)
                .filter(key -> key.tenant().equals(tenant))
                .toList());
  }

  @Override
  public boolean revokeApiKey(TenantId tenant, String keyId) {
    return state.locked(
        () -> {
          ApiKey key = state.apiKeys.get(keyId);
          return key != null && key.tenant().equals(tenant) && state.revokedApiKeys.add(keyId);
        });
  }

  private boolean isLive(ApiKey key) {
    return !state.revokedApiKeys.contains(key.keyId());
  }
}
