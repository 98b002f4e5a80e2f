package io.duckmesh.worker;

import io.duckmesh.api.ReadinessCheck;
import io.duckmesh.bus.BusOptions;
import io.duckmesh.bus.EventBus;
import io.duckmesh.bus.ShardId;
import io.duckmesh.bus.postgres.PostgresBus;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.Watermark;
import io.duckmesh.catalog.postgres.PostgresCatalog;
import io.duckmesh.catalog.upkeep.Upkeep;
import io.duckmesh.engine.NativeLibraries;
import io.duckmesh.engine.objects.ObjectKey;
import io.duckmesh.engine.objects.ObjectStore;
import io.duckmesh.engine.objects.local.LocalObjects;
import io.duckmesh.engine.objects.s3.S3Credentials;
import io.duckmesh.engine.objects.s3.S3Objects;
import io.duckmesh.engine.objects.s3.S3Options;
import java.time.Clock;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The leaves, by whichever technology the settings name; nothing else knows which. */
@Configuration(proxyBeanMethods = false)
class LeavesConfiguration {
  @Bean
  Clock clock() {
    return Clock.systemUTC();
  }

  @Bean
  Database database(ServerSettings settings) {
    return Database.open(settings.database());
  }

  @Bean
  Catalog catalog(Database database, Clock clock) {
    return PostgresCatalog.create(database.pool(), database.unpooled(), clock);
  }

  @Bean
  Upkeep upkeep(Database database, Clock clock) {
    return PostgresCatalog.createUpkeep(database.pool(), clock);
  }

  @Bean
  EventBus eventBus(Database database, ServerSettings settings) {
    return PostgresBus.create(
        database.pool(),
        database.unpooled(),
        BusOptions.DEFAULTS.withBacklogLimitBytes(settings.backlogLimitBytes()));
  }

  @Bean
  ObjectStore objectStore(ServerSettings settings, Clock clock) {
    return switch (settings.objects()) {
      case ServerSettings.Objects.Local local -> LocalObjects.open(local.directory(), clock);
      case ServerSettings.Objects.S3 s3 -> S3Objects.open(s3Options(s3));
    };
  }

  @Bean
  ReadinessCheck objectStoreCheck(ObjectStore store) {
    ObjectKey absent = new ObjectKey("readiness");
    return new BoundedCheck("object_store", () -> store.find(absent));
  }

  /** A disk that is full later must not keep the process from what it needs to go on. */
  @Bean
  SmartInitializingSingleton nativeLibraries() {
    return NativeLibraries::load;
  }

  /** Before anything is served there is the first tenant, and the log knows all shards. */
  @Bean
  SmartInitializingSingleton tenantSetup(ServerSettings settings, Catalog catalog, EventBus bus) {
    return () -> {
      catalog.tenants().ensure(new TenantId(settings.tenant().name()), settings.tenant().shards());
      for (Watermark shard : catalog.watermarks().list()) {
        bus.ensureShard(new ShardId(shard.shard().value()), shard.tenant().value());
      }
    };
  }

  private static S3Options s3Options(ServerSettings.Objects.S3 s3) {
    S3Options options = S3Options.of(s3.bucket()).withPrefix(s3.prefix()).withRegion(s3.region());
    if (s3.endpoint() != null) {
      options = options.withEndpoint(s3.endpoint());
    }
    options = options.withPathStyle(s3.pathStyle());
    if (s3.accessKey() != null && s3.secretKey() != null) {
      options = options.withCredentials(new S3Credentials(s3.accessKey(), s3.secretKey()));
    }
    return options;
  }
}
