package io.duckmesh.api;

import com.zaxxer.hikari.HikariDataSource;
import io.duckmesh.api.auth.ApiKeys;
import io.duckmesh.api.operations.VerifyStarter;
import io.duckmesh.api.query.QuerySettings;
import io.duckmesh.api.upkeep.UpkeepStarter;
import io.duckmesh.bus.BusOptions;
import io.duckmesh.bus.EventBus;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.Role;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.postgres.PostgresCatalog;
import io.duckmesh.catalog.upkeep.Upkeep;
import io.duckmesh.engine.objects.ObjectStore;
import io.duckmesh.engine.query.QueryEngine;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.server.servlet.context.ServletWebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.support.GenericApplicationContext;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A gateway on a port of its own, as worker-main would start it. */
final class TestGateway implements AutoCloseable {
  static final JsonMapper JSON = JsonMapper.shared();
  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private final HikariDataSource pool;
  private final Catalog catalog;
  private final EventBus bus;
  private final ConfigurableApplicationContext context;
  private final int port;
  private final String key;
  private final RecordedStarts starts = new RecordedStarts();

  private TestGateway(
      HikariDataSource pool,
      Catalog catalog,
      EventBus bus,
      QueryEngine engine,
      ApiSettings settings,
      QuerySettings querySettings) {
    this.pool = pool;
    this.catalog = catalog;
    this.bus = bus;
    this.context =
        new SpringApplicationBuilder(Application.class)
            .web(WebApplicationType.SERVLET)
            .properties("server.port=0", "spring.main.banner-mode=off")
            .initializers(
                context -> {
                  GenericApplicationContext beans = (GenericApplicationContext) context;
                  beans.registerBean(Catalog.class, () -> catalog);
                  beans.registerBean(
                      Upkeep.class, () -> PostgresCatalog.createUpkeep(pool, Clock.systemUTC()));
                  beans.registerBean(EventBus.class, () -> bus);
                  beans.registerBean(QueryEngine.class, () -> engine);
                  beans.registerBean(ObjectStore.class, TestStore::shared);
                  beans.registerBean(QuerySettings.class, () -> querySettings);
                  beans.registerBean(Clock.class, Clock::systemUTC);
                  beans.registerBean(
                      VerifyStarter.class, () -> tenant -> UUID.randomUUID().toString());
                  beans.registerBean(UpkeepStarter.class, () -> starts);
                  beans.registerBean(ApiSettings.class, () -> settings);
                  beans.registerBean(
                      MeterRegistry.class,
                      () -> new PrometheusMeterRegistry(PrometheusConfig.DEFAULT),
                      definition -> definition.setPrimary(true));
                })
            .run();
    this.port = ((ServletWebServerApplicationContext) context).getWebServer().getPort();
    this.key = newKey(TestDatabase.TENANT, EnumSet.allOf(Role.class));
  }

  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  @Import(ApiConfiguration.class)
  static class Application {}

  static TestGateway start(TestDatabase database, QueryEngine engine, ApiSettings settings) {
    return start(database, engine, settings, BusOptions.DEFAULTS);
  }

  static TestGateway start(
      TestDatabase database, QueryEngine engine, ApiSettings settings, BusOptions options) {
    // Gateways of one database would run each other's asynchronous queries, each by its own engine.
    return start(
        database, engine, settings, QuerySettings.DEFAULTS.withConcurrency(0, 1, 100), options);
  }

  static TestGateway start(
      TestDatabase database,
      QueryEngine engine,
      ApiSettings settings,
      QuerySettings querySettings,
      BusOptions options) {
    HikariDataSource pool = database.pool();
    return new TestGateway(
        pool, database.catalog(pool), database.bus(pool, options), engine, settings, querySettings);
  }

  Catalog catalog() {
    return catalog;
  }

  EventBus bus() {
    return bus;
  }

  /** What was asked of the jobs. */
  RecordedStarts starts() {
    return starts;
  }

  Upkeep upkeep() {
    return context.getBean(Upkeep.class);
  }

  int port() {
    return port;
  }

  /** A key with all roles. */
  String key() {
    return key;
  }

  ConfigurableApplicationContext context() {
    return context;
  }

  String newKey(TenantId tenant, Set<Role> roles) {
    return context.getBean(ApiKeys.class).create(tenant, "test", roles).key();
  }

  /** An answer with its body. */
  record Answer(int status, String body, java.net.http.HttpHeaders headers) {
    JsonNode json() {
      return JSON.readTree(body);
    }

    String header(String name) {
      return headers.firstValue(name).orElse("");
    }

    String errorCode() {
      return json().path("error_code").asString("");
    }
  }

  Answer get(String path) {
    return send(request(path).GET().build());
  }

  Answer delete(String path) {
    return send(request(path).DELETE().build());
  }

  Answer put(String path, String json) {
    return send("PUT", path, json, Map.of());
  }

  Answer send(String method, String path, String json, Map<String, String> headers) {
    HttpRequest.Builder builder =
        request(path).method(method, HttpRequest.BodyPublishers.ofString(json));
    builder.setHeader("Content-Type", "application/json");
    headers.forEach(builder::setHeader);
    return send(builder.build());
  }

  Answer post(String path, String json) {
    return post(path, json, Map.of());
  }

  Answer post(String path, String json, Map<String, String> headers) {
    return post(path, json.getBytes(java.nio.charset.StandardCharsets.UTF_8), headers);
  }

  /** Posts JSON unless the headers name another type. */
  Answer post(String path, byte[] body, Map<String, String> headers) {
    HttpRequest.Builder builder = request(path).POST(HttpRequest.BodyPublishers.ofByteArray(body));
    builder.setHeader("Content-Type", "application/json");
    headers.forEach(builder::setHeader);
    return send(builder.build());
  }

  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
        .timeout(Duration.ofSeconds(30))
        .header("Authorization", "Bearer " + key);
  }

  Answer send(HttpRequest request) {
    try {
      HttpResponse<String> response = CLIENT.send(request, HttpResponse.BodyHandlers.ofString());
      return new Answer(response.statusCode(), response.body(), response.headers());
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  static HttpClient client() {
    return CLIENT;
  }

  @Override
  public void close() {
    context.close();
    bus.close();
    catalog.close();
    pool.close();
  }
}
