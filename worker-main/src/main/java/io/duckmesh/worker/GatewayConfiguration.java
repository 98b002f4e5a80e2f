package io.duckmesh.worker;

import io.duckmesh.api.ApiConfiguration;
import io.duckmesh.api.ApiSettings;
import io.duckmesh.api.operations.VerifyStarter;
import io.duckmesh.api.query.QuerySettings;
import io.duckmesh.api.upkeep.UpkeepStarter;
import io.duckmesh.engine.objects.ObjectStore;
import io.duckmesh.engine.objects.cache.ObjectCache;
import io.duckmesh.engine.query.QueryEngine;
import io.duckmesh.engine.query.duckdb.DuckDbOptions;
import io.duckmesh.engine.query.duckdb.DuckDbQueries;
import io.temporal.client.WorkflowClient;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/** Role {@code api}: the gateway with its query engine. */
@Configuration(proxyBeanMethods = false)
@Import(ApiConfiguration.class)
class GatewayConfiguration {
  @Bean
  ApiSettings apiSettings() {
    return ApiSettings.DEFAULTS;
  }

  @Bean
  QuerySettings querySettings(ServerSettings settings) {
    return settings.queries();
  }

  @Bean
  VerifyStarter verifyStarter(WorkflowClient client) {
    return new TemporalVerifyStarter(client);
  }

  @Bean
  UpkeepStarter upkeepStarter(WorkflowClient client, ServerSettings settings) {
    return new TemporalUpkeepStarter(client, settings.temporal().uiUrl());
  }

  @Bean
  ObjectCache objectCache(ServerSettings settings, ObjectStore store) {
    return ObjectCache.open(
        store, settings.cache().directory().resolve("objects"), settings.cache().maxBytes());
  }

  @Bean
  QueryEngine queryEngine(ServerSettings settings, ObjectCache cache) {
    ServerSettings.Query query = settings.query();
    DuckDbOptions options =
        DuckDbOptions.defaults(settings.cache().directory().resolve("spill"))
            .withMemoryBytes(query.memoryBytes());
    if (query.processMemoryBytes() > 0) {
      options = options.withProcessMemoryBytes(query.processMemoryBytes());
    }
    if (query.threads() > 0) {
      options = options.withThreads(query.threads());
    }
    return DuckDbQueries.create(
        cache,
        options.withConcurrency(query.concurrency(), options.waitingQueries(), options.maxWait()));
  }
}
