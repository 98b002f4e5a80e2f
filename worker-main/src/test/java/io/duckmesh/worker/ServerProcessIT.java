package io.duckmesh.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.testing.PostgresServer;
import io.duckmesh.testing.S3Server;
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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Roles in processes of their own, against servers that are there already. */
class ServerProcessIT {
  @TempDir private Path folder;

  @Test
  void gatewayAndMaterializerWorkTogetherOverS3AndStopInGoodOrder() throws Exception {
    PostgresServer postgres = PostgresServer.shared();
    S3Server s3 = S3Server.shared();
    String url = postgres.jdbcUrl(postgres.createDatabase());
    int gatewayPort = Stack.freePort();
    int managementPort = Stack.freePort();
    try (TemporalServer temporal = TemporalServer.start()) {
      Path config =
          Files.writeString(
              folder.resolve("duckmesh.yaml"),
              """
              http: {address: 127.0.0.1, port: %d}
              management.port: %d
              database:
                url: %s
              object-store:
                url: s3://%s/lake
                endpoint: %s
                region: %s
                path-style: true
                access-key: %s
              cache.directory: %s
              temporal:
                target: %s
              """
                  .formatted(
                      gatewayPort,
                      managementPort,
                      url,
                      s3.createBucket(),
                      s3.endpoint(),
                      s3.region(),
                      s3.accessKey(),
                      folder.resolve("cache"),
                      temporal.address()));
      Map<String, String> environment =
          Map.of(
              "DUCKMESH_CONFIG", config.toString(),
              "DUCKMESH_OBJECT_STORE_SECRET_KEY", s3.secretKey());
      Process gateway = start("api", environment);
      awaitAnswer("http://127.0.0.1:%d/v1/ready".formatted(gatewayPort));
      Process materializer = start("materializer", environment);
      try {
        awaitAnswer("http://127.0.0.1:%d/v1/ready".formatted(managementPort));
        String key = Program.run(folder, environment, "keys", "create", "--roles", "all").out();
        Map<String, String> client = new HashMap<>(environment);
        client.put("DUCKMESH_URL", "http://127.0.0.1:" + gatewayPort);
        client.put("DUCKMESH_KEY", key.strip());

        Program.Result demo = Program.run(folder, client, "demo");
        String metrics = get("http://127.0.0.1:%d/metrics".formatted(managementPort)).body();

        assertThat(demo.exitCode()).as(demo.out() + demo.err()).isZero();
        assertThat(demo.out()).contains("JetBlue Airways");
        assertThat(metrics).contains("temporal_").contains("jvm_memory_used_bytes");
        assertThat(stop(materializer)).isZero();
        assertThat(stop(gateway)).isZero();
      } finally {
        gateway.destroyForcibly();
        materializer.destroyForcibly();
      }
    }
  }

  @Test
  void aDatabaseThatDoesNotAnswerIsNamedAtStart() {
    Program.Result result =
        Program.run(
            folder,
            Map.of(),
            "server",
            "--roles=api",
            "--database-url=jdbc:postgresql://127.0.0.1:1/none",
            "--object-store-url=" + folder.toUri(),
            "--temporal-target=127.0.0.1:1",
            "--http-port=" + Stack.freePort());

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err()).contains("duckmesh: Cannot start: ").contains("127.0.0.1:1");
    assertThat(result.err().lines().filter(line -> line.startsWith("\tat "))).isEmpty();
  }

  @Test
  void missingSettingsAreAllNamed() {
    Program.Result result = Program.run(folder, Map.of(), "server");

    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err())
        .contains("roles", "database.url", "object-store.url", "temporal.target");
  }

  private Process start(String role, Map<String, String> environment) throws IOException {
    return Program.builder(folder, environment, List.of("-Xmx600m"), "server", "--roles", role)
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve(role + ".log").toFile())
        .start();
  }

  private static int stop(Process process) throws InterruptedException {
    process.destroy();
    assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    return process.exitValue();
  }

  private void awaitAnswer(String url) {
    Stack.await(
        url + " answers with 200",
        Duration.ofMinutes(2),
        () -> {
          try {
            return get(url).statusCode() == 200;
          } catch (IOException e) {
            return false;
          }
        });
  }

  private static HttpResponse<String> get(String url) throws IOException {
    try {
      return HttpClient.newHttpClient()
          .send(HttpRequest.newBuilder(URI.create(url)).build(), BodyHandlers.ofString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UncheckedIOException(new IOException("Interrupted", e));
    }
  }
}
