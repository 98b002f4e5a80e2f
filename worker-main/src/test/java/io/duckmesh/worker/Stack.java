package io.duckmesh.worker;

import io.duckmesh.testing.ChildProgram;
import io.duckmesh.testing.PostgresServer;
import io.duckmesh.testing.TemporalServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Two gateways with workers on one PostgreSQL, one Temporal and one folder of objects, all of them
 * real. Started once in a JVM.
 */
final class Stack {
  static final JsonMapper JSON = new JsonMapper();

  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private final TemporalServer temporal;
  private final ServerSettings[] settings = new ServerSettings[2];
  private final String key;
  private final Path objects;

  private Stack() {
    temporal = TemporalServer.start();
    PostgresServer postgres = PostgresServer.shared();
    String url = postgres.jdbcUrl(postgres.createDatabase());
    try {
      Path folder = Files.createTempDirectory("duckmesh-stack");
      objects = folder.resolve("objects");
      for (int gateway = 0; gateway < settings.length; gateway++) {
        Map<Setting, String> options = new EnumMap<>(Setting.class);
        options.put(Setting.ROLES, "api,materializer,compactor,collector");
        options.put(Setting.HTTP_ADDRESS, "127.0.0.1");
        options.put(Setting.HTTP_PORT, String.valueOf(freePort()));
        options.put(Setting.DATABASE_URL, url);
        options.put(Setting.DATABASE_POOL_SIZE, "16");
        options.put(Setting.OBJECT_STORE_URL, objects.toUri().toString());
        options.put(Setting.CACHE_DIRECTORY, folder.resolve("cache-" + gateway).toString());
        options.put(Setting.TEMPORAL_TARGET, temporal.address());
        options.put(Setting.TEMPORAL_NAMESPACE, temporal.namespace());
        options.put(Setting.LOG_DIRECTORY, folder.resolve("logs").toString());
        settings[gateway] = ServerSettings.load(null, Map.of(), options);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    RunningServer first = RunningServer.start(settings[0]);
    RunningServer second = RunningServer.start(settings[1]);
    key = first.createKey("default", "test");
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  first.close();
                  second.close();
                  temporal.close();
                }));
  }

  static Stack shared() {
    return Shared.STACK;
  }

  String url(int gateway) {
    return "http://127.0.0.1:" + settings[gateway].http().port();
  }

  String key() {
    return key;
  }

  TemporalServer temporal() {
    return temporal;
  }

  ServerSettings settings() {
    return settings[0];
  }

  /** Where the objects are. */
  Path objects() {
    return objects;
  }

  /** Environment for client commands. */
  Map<String, String> environment() {
    return Map.of("DUCKMESH_URL", url(0), "DUCKMESH_KEY", key);
  }

  JsonNode post(int gateway, String path, String contentType, String body) {
    return send(
        HttpRequest.newBuilder(URI.create(url(gateway) + path))
            .header("Content-Type", contentType)
            .POST(HttpRequest.BodyPublishers.ofString(body)));
  }

  JsonNode get(int gateway, String path) {
    return send(HttpRequest.newBuilder(URI.create(url(gateway) + path)).GET());
  }

  private JsonNode send(HttpRequest.Builder request) {
    try {
      HttpResponse<String> response =
          HTTP.send(
              request
                  .header("Authorization", "Bearer " + key)
                  .timeout(Duration.ofMinutes(1))
                  .build(),
              BodyHandlers.ofString());
      if (response.statusCode() / 100 != 2) {
        throw new IllegalStateException(response.statusCode() + ": " + response.body());
      }
      return JSON.readTree(response.body());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted", e);
    }
  }

  /** Waits until the condition holds; fails after the limit. */
  static void await(String what, Duration limit, BooleanSupplier condition) {
    long deadline = System.nanoTime() + limit.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("Not within %s: %s".formatted(limit, what));
      }
      LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
    }
  }

  static int freePort() {
    return ChildProgram.freePort();
  }

  private static final class Shared {
    static final Stack STACK = new Stack();
  }
}
