package io.duckmesh.worker;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/**
 * One gateway and any number of materializers in processes of their own, on real servers. Ends them
 * when it is closed; the servers belong to the test.
 */
final class Deployment implements AutoCloseable {
  static final Duration LIMIT = Duration.ofMinutes(3);

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final int port = Stack.freePort();
  private final List<Process> processes = new ArrayList<>();
  private final Map<String, String> environment = new HashMap<>();
  private final Path folder;
  private final String database;
  private Process gateway;
  private String key = "";

  private Deployment(Path folder, String database) {
    this.folder = folder;
    this.database = database;
  }

  /**
   * Starts the gateway and waits until it is ready.
   *
   * @param objectStore the lines of the configuration that name it
   * @param secrets environment that goes with it
   */
  static Deployment start(
      Path folder, TemporalServer temporal, String objectStore, Map<String, String> secrets)
      throws IOException {
    PostgresServer postgres = PostgresServer.shared();
    Deployment deployment = new Deployment(folder, postgres.jdbcUrl(postgres.createDatabase()));
    Path config =
        Files.writeString(
            folder.resolve("duckmesh.yaml"),
            """
            http: {address: 127.0.0.1, port: %d}
            database.url: %s
            temporal: {target: "%s", namespace: %s}
            %s
            """
                .formatted(
                    deployment.port,
                    deployment.database,
                    temporal.address(),
                    temporal.namespace(),
                    objectStore));
    deployment.environment.putAll(secrets);
    deployment.environment.put("DUCKMESH_CONFIG", config.toString());
    deployment.startGateway();
    deployment.key =
        Program.run(folder, deployment.environment, "keys", "create", "--roles", "all")
            .out()
            .strip();
    return deployment;
  }

  String database() {
    return database;
  }

  /** Lets every write of the gateway that would make a file larger fail, as a full disk does. */
  void fillDiskOfGateway() {
    run("prlimit", "--pid=" + gateway.pid(), "--fsize=0:");
  }

  void killGateway() {
    kill(gateway);
  }

  void startGateway() {
    gateway = start("api", "gateway");
    Stack.await(
        "the gateway is ready",
        LIMIT,
        () -> {
          try {
            return answer(request("/v1/ready").GET()).statusCode() == 200;
          } catch (IOException e) {
            return false;
          }
        });
  }

  /** One more gateway, with options of its own; it is not waited for. */
  Process startGateway(String name, String... options) {
    List<String> all = new ArrayList<>(List.of("--http-port=" + Stack.freePort()));
    all.addAll(List.of(options));
    return start("api", name, all.toArray(String[]::new));
  }

  /** A materializer; it is not waited for. */
  Process startMaterializer(String name) {
    return start("materializer", name);
  }

  /** A process with these roles, separated by commas; it is not waited for. */
  Process startWorker(String name, String roles) {
    return start(roles, name);
  }

  private Process start(String role, String name, String... options) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "server",
                "--roles=" + role,
                "--management-port=" + Stack.freePort(),
                "--cache-directory=" + folder.resolve("cache-" + name)));
    arguments.addAll(List.of(options));
    try {
      Process process =
          Program.builder(
                  folder, environment, List.of("-Xmx500m"), arguments.toArray(String[]::new))
              .redirectErrorStream(true)
              .redirectOutput(
                  ProcessBuilder.Redirect.appendTo(folder.resolve(name + ".log").toFile()))
              .start();
      processes.add(process);
      return process;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Ends the process as {@code kill -9} does. */
  static void kill(Process process) {
    try {
      process.destroyForcibly().waitFor();
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  /** Sends the process a signal, such as {@code STOP} and {@code CONT}. */
  static void signal(Process process, String signal) {
    run("kill", "-" + signal, String.valueOf(process.pid()));
  }

  private static void run(String... command) {
    try {
      int exitCode = new ProcessBuilder(command).inheritIO().start().waitFor();
      assertThat(exitCode).as(String.join(" ", command)).isZero();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  /** The answer to a POST, which must be a success. */
  JsonNode post(String path, String contentType, String body) {
    return success(
        request(path)
            .header("Content-Type", contentType)
            .POST(HttpRequest.BodyPublishers.ofString(body)));
  }

  /** The answer to events with a request key, which must be a success. */
  JsonNode send(String table, String requestKey, String ndjson) {
    return success(
        request("/v1/tables/" + table + "/events")
            .header("Content-Type", "application/x-ndjson")
            .header("Idempotency-Key", requestKey)
            .POST(HttpRequest.BodyPublishers.ofString(ndjson)));
  }

  /** The answer to a GET, which must be a success. */
  JsonNode get(String path) {
    return success(request(path).GET());
  }

  /** The answer to a DELETE, which must be a success. */
  JsonNode delete(String path) {
    return success(request(path).DELETE());
  }

  /** The answer to JSON sent by any method, which must be a success. */
  JsonNode change(String method, String path, String body) {
    return success(
        request(path)
            .header("Content-Type", "application/json")
            .method(method, HttpRequest.BodyPublishers.ofString(body)));
  }

  /** The answer to JSON sent by POST, whatever it is. */
  HttpResponse<String> ask(String path, String body) {
    try {
      return answer(
          request(path)
              .header("Content-Type", "application/json")
              .POST(HttpRequest.BodyPublishers.ofString(body)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The receipt once its events have landed, however long that takes within the limit. */
  JsonNode landed(String receipt) {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    JsonNode state = get("/v1/receipts/" + receipt + "?wait=visible&timeout=30s");
    while (state.get("state").asString().equals("accepted")) {
      assertThat(System.nanoTime()).as("within %s: %s", LIMIT, state).isLessThan(deadline);
      state = get("/v1/receipts/" + receipt + "?wait=visible&timeout=30s");
    }
    return state;
  }

  /** The rows of the answer, as JSON. */
  String rows(String sql) {
    return post(
            "/v1/query",
            "application/json",
            Stack.JSON.createObjectNode().put("sql", sql).toString())
        .get("rows")
        .toString();
  }

  private JsonNode success(HttpRequest.Builder request) {
    try {
      HttpResponse<String> response = answer(request);
      assertThat(response.statusCode() / 100).as(response.body()).isEqualTo(2);
      return Stack.JSON.readTree(response.body());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
        .header("Authorization", "Bearer " + key)
        .timeout(Duration.ofMinutes(2));
  }

  private HttpResponse<String> answer(HttpRequest.Builder request) throws IOException {
    try {
      return http.send(request.build(), BodyHandlers.ofString());
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  private static IllegalStateException interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    return new IllegalStateException("Interrupted", e);
  }

  @Override
  public void close() {
    processes.forEach(Process::destroyForcibly);
    processes.forEach(Deployment::kill);
    http.close();
  }
}
