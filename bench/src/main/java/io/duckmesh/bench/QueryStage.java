package io.duckmesh.bench;

import io.duckmesh.testing.ChildProgram;
import io.duckmesh.testing.PostgresServer;
import io.duckmesh.testing.S3Server;
import io.duckmesh.testing.TemporalServer;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * One catalog with two gateways over the same data files: one has them in a folder, the other in an
 * S3 server that is given a copy of the folder. All state is in a temporary folder.
 */
final class QueryStage implements AutoCloseable {
  private final Path project;
  private final Path folder = Files.createTempDirectory("duckmesh-queries");
  private final PostgresServer postgres;
  private final TemporalServer temporal;
  private final S3Server s3;
  private final String bucket;
  private final String database;
  private final List<Process> processes = new ArrayList<>();
  private final Gateway local;

  private QueryStage(Path project, String roles) throws IOException, InterruptedException {
    this.project = project;
    this.postgres = PostgresServer.start(Files.createDirectories(folder.resolve("postgres")));
    this.temporal = TemporalServer.start();
    this.s3 = S3Server.start();
    this.bucket = s3.createBucket();
    this.database = postgres.createDatabase();
    Files.createDirectories(objects());
    URI url = launch("local", roles, "object-store.url: " + objects().toUri());
    // The first start makes the tenant that the key is for.
    await(new Gateway(url, "none"));
    this.local = new Gateway(url, createKey());
  }

  /** Starts the servers and the gateway over the folder; returns when it is ready. */
  static QueryStage open(Path project) throws IOException, InterruptedException {
    return open(project, "api,materializer");
  }

  /** The same with a gateway that has other roles, too. */
  static QueryStage open(Path project, String roles) throws IOException, InterruptedException {
    return new QueryStage(project, roles);
  }

  Gateway local() {
    return local;
  }

  /** The folder of the data files; a file's path in it is its key. */
  Path objects() {
    return folder.resolve("objects");
  }

  Connection catalog() throws SQLException {
    return DriverManager.getConnection(postgres.jdbcUrl(database));
  }

  /** Copies the data files to the S3 server and starts a gateway over that. */
  Gateway startS3() throws IOException, InterruptedException {
    Path target = s3.bucketDirectory(bucket).resolve("lake");
    try (Stream<Path> files = Files.walk(objects())) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path copy = target.resolve(objects().relativize(file).toString());
        Files.createDirectories(copy.getParent());
        Files.copy(file, copy);
      }
    }
    URI url =
        launch(
            "s3",
            "api",
            """
            object-store:
              url: s3://%s/lake
              endpoint: %s
              region: %s
              path-style: true
              access-key: %s
              secret-key: %s
            """
                .formatted(bucket, s3.endpoint(), s3.region(), s3.accessKey(), s3.secretKey()));
    Gateway gateway = new Gateway(url, local.key());
    await(gateway);
    return gateway;
  }

  private URI launch(String name, String roles, String store) throws IOException {
    int port = ChildProgram.freePort();
    Path config =
        Files.writeString(
            folder.resolve(name + ".yaml"),
            """
            http.address: 127.0.0.1
            http.port: %d
            database.url: %s
            cache.directory: %s
            temporal.target: %s
            %s
            """
                .formatted(
                    port,
                    postgres.jdbcUrl(database),
                    folder.resolve("cache-" + name),
                    temporal.address(),
                    store));
    Map<String, String> environment = new HashMap<>();
    environment.put("DUCKMESH_CONFIG", config.toString());
    processes.add(
        program(name, environment, "server", "--roles", roles)
            .redirectOutput(folder.resolve(name + ".log").toFile())
            .start());
    return URI.create("http://127.0.0.1:" + port);
  }

  private String createKey() throws IOException, InterruptedException {
    Path answer = folder.resolve("key.txt");
    Process process =
        program(
                "key",
                Map.of(),
                "keys",
                "create",
                "--roles",
                "all",
                "--database-url",
                postgres.jdbcUrl(database))
            .redirectOutput(answer.toFile())
            .start();
    if (!process.waitFor(2, TimeUnit.MINUTES) || process.exitValue() != 0) {
      process.destroyForcibly();
      throw new IllegalStateException(
          "No key was made: " + Files.readString(folder.resolve("key.err")));
    }
    return Files.readString(answer).strip();
  }

  private ProcessBuilder program(
      String name, Map<String, String> environment, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(project.resolve("duckmesh").toString());
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(environment);
    builder.redirectError(folder.resolve(name + ".err").toFile());
    return builder;
  }

  private void await(Gateway gateway) throws IOException, InterruptedException {
    long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(3);
    while (!gateway.ready()) {
      if (System.nanoTime() > end || processes.stream().anyMatch(process -> !process.isAlive())) {
        throw new IllegalStateException("A gateway did not start, see " + folder);
      }
      TimeUnit.MILLISECONDS.sleep(200);
    }
  }

  @Override
  public void close() throws IOException {
    processes.forEach(Process::destroy);
    for (Process process : processes) {
      try {
        if (!process.waitFor(30, TimeUnit.SECONDS)) {
          process.destroyForcibly();
        }
      } catch (InterruptedException e) {
        process.destroyForcibly();
        Thread.currentThread().interrupt();
      }
    }
    temporal.close();
    s3.close();
    postgres.close();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
