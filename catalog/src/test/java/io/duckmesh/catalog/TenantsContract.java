package io.duckmesh.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Tenants, their shards and keys, and the installation. */
abstract class TenantsContract extends CatalogContract {
  @Test
  void installationIsTheSameForEverybody() {
    Installation installation = catalog.installation();

    Installation other = open().installation();

    assertThat(other.id()).isEqualTo(installation.id());
    assertThat(other.secret()).isEqualTo(installation.secret()).hasSize(32);
  }

  @Test
  void newTenantHasShardsAndAnEmptySnapshot() {
    TenantId tenant = new TenantId("acme");

    catalog.tenants().ensure(tenant, 2);

    assertThat(catalog.tenants().list()).containsExactly(tenant, TENANT);
    assertThat(catalog.tenants().shards(tenant))
        .containsExactly(new ShardId("acme-0"), new ShardId("acme-1"));
    Snapshot first = catalog.snapshots().newest(tenant);
    assertThat(catalog.snapshots().tables(tenant, first.id())).isEmpty();
    assertThat(catalog.watermarks().load(new ShardId("acme-1")))
        .isEqualTo(new Watermark(new ShardId("acme-1"), tenant, 0, first.id()));
  }

  @Test
  void ensuringAgainAddsOnlyMissingShards() {
    land(table("flights"), 0, 7, 10);
    SnapshotId newest = newest();

    catalog.tenants().ensure(TENANT, 12);

    assertThat(catalog.tenants().shards(TENANT)).hasSize(12);
    assertThat(catalog.tenants().shards(TENANT).getLast()).isEqualTo(new ShardId("default-11"));
    assertThat(catalog.watermarks().load(SHARD).position()).isEqualTo(7);
    assertThat(newest()).isEqualTo(newest);
  }

  @Test
  void keyIsFoundByItsHashUntilItIsRevoked() {
    ApiKey key = apiKey("k1", (byte) 1);
    catalog.tenants().addApiKey(key);

    assertThat(catalog.tenants().findApiKey(key.hash()))
        .hasValueSatisfying(
            found -> {
              assertThat(found.roles()).isEqualTo(key.roles());
              assertThat(found.tenant()).isEqualTo(TENANT);
              assertThat(found.createdAt()).isEqualTo(key.createdAt());
            });
    assertThat(catalog.tenants().revokeApiKey(new TenantId("other"), "k1")).isFalse();
    assertThat(catalog.tenants().revokeApiKey(TENANT, "k1")).isTrue();
    assertThat(catalog.tenants().revokeApiKey(TENANT, "k1")).isFalse();
    assertThat(catalog.tenants().findApiKey(key.hash())).isEmpty();
  }

  @Test
  void keysAreListedByTenant() {
    catalog.tenants().ensure(new TenantId("acme"), 1);
    catalog.tenants().addApiKey(apiKey("k1", (byte) 1));
    catalog.tenants().addApiKey(apiKey("k2", (byte) 2));

    List<ApiKey> keys = catalog.tenants().listApiKeys(TENANT);

    assertThat(keys).extracting(ApiKey::keyId).containsExactly("k1", "k2");
    assertThat(catalog.tenants().listApiKeys(new TenantId("acme"))).isEmpty();
  }

  @Test
  void keyThatExistsIsRefused() {
    catalog.tenants().addApiKey(apiKey("k1", (byte) 1));

    assertThatThrownBy(() -> catalog.tenants().addApiKey(apiKey("k1", (byte) 2)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("k1");
  }

  private ApiKey apiKey(String keyId, byte fill) {
    byte[] hash = new byte[32];
    Arrays.fill(hash, fill);
    return new ApiKey(
        keyId,
        TENANT,
        hash,
        "laptop",
        Set.of(Role.INGEST_WRITER, Role.QUERY_READER),
        clock.instant());
  }
}
