package io.duckmesh.catalog.postgres;

import io.duckmesh.catalog.ApiKey;
import io.duckmesh.catalog.Role;
import io.duckmesh.catalog.ShardId;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.Tenants;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.statement.UnableToExecuteStatementException;

final class JdbiTenants implements Tenants {
  private final Database database;
  private final Clock clock;

  JdbiTenants(Database database, Clock clock) {
    this.database = database;
    this.clock = clock;
  }

  @Override
  public void ensure(TenantId tenant, int shards) {
    if (shards < 1) {
      throw new IllegalArgumentException("Shards must be positive: " + shards);
    }
    Instant now = clock.instant();
    database.inTransaction(
        "ensure tenant " + tenant,
        handle -> {
          TenantDao dao = handle.attach(TenantDao.class);
          if (dao.insertIfAbsent(tenant.value(), now) == 1) {
            handle.attach(SnapshotDao.class).insertFirst(tenant.value(), now);
          }
          dao.lock(tenant.value());
          return dao.insertMissingShards(tenant.value(), shards);
        });
  }

  @Override
  public List<TenantId> list() {
    return database.call("list tenants", TenantDao.class, TenantDao::list).stream()
        .map(TenantId::new)
        .toList();
  }

  @Override
  public List<ShardId> shards(TenantId tenant) {
    return database
        .call("list shards of tenant " + tenant, TenantDao.class, dao -> dao.shards(tenant.value()))
        .stream()
        .map(ShardId::new)
        .toList();
  }

  @Override
  public void addApiKey(ApiKey key) {
    database.call(
        "add API key " + key.keyId(),
        TenantDao.class,
        dao -> {
          try {
            return dao.insertApiKey(
                key.keyId(),
                key.tenant().value(),
                key.hash(),
                key.label(),
                key.roles().stream().map(Role::name).sorted().toArray(String[]::new),
                key.createdAt());
          } catch (UnableToExecuteStatementException e) {
            if (SqlFailures.violates(e, "api_key_pkey")
                || SqlFailures.violates(e, "api_key_key_hash_key")) {
              throw new IllegalArgumentException("API key exists: " + key.keyId(), e);
            }
            throw e;
          }
        });
  }

  @Override
  public Optional<ApiKey> findApiKey(byte[] hash) {
    return database.call("find an API key", TenantDao.class, dao -> dao.findApiKey(hash));
  }

  @Override
  public List<ApiKey> listApiKeys(TenantId tenant) {
    return database.call(
        "list API keys of tenant " + tenant,
        TenantDao.class,
        dao -> dao.listApiKeys(tenant.value()));
  }

  @Override
  public boolean revokeApiKey(TenantId tenant, String keyId) {
    return database.call(
            "revoke API key " + keyId,
            TenantDao.class,
            dao -> dao.revokeApiKey(tenant.value(), keyId, clock.instant()))
        == 1;
  }
}
