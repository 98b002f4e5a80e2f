package io.duckmesh.bench;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A DuckMesh in dev mode, started as a user starts it, in a home of its own that goes with it. */
final class Server implements AutoCloseable {
  static final JsonMapper JSON = new JsonMapper();

  private final Process process;
  private final Path home;
  private final URI url;
  private final String key;

  private Server(Process process, Path home, URI url, String key) {
    this.process = process;
    this.home = home;
    this.url = url;
    this.key = key;
  }

  /**
   * Starts {@code duckmesh dev} in the project folder and waits until it is ready.
   *
   * @throws IllegalStateException if it ends or is not ready within three minutes
   */
  static Server start(Path project) throws IOException, InterruptedException {
    Path home = Files.createTempDirectory("duckmesh-bench");
    int port = freePort();
    Path log = home.resolve("console.log");
    Process process =
        new ProcessBuilder(
                project.resolve("duckmesh").toString(),
                "dev",
                "--home",
                home.resolve("home").toString(),
                "--port",
                Integer.toString(port))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    URI url = URI.create("http://127.0.0.1:" + port);
    Path client = home.resolve("home").resolve("client.json");
    long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(3);
    while (!(Files.exists(client) && ready(url))) {
      if (!process.isAlive() || System.nanoTime() > end) {
        process.destroyForcibly();
        throw new IllegalStateException("The server did not start: " + Files.readString(log));
      }
      TimeUnit.MILLISECONDS.sleep(200);
    }
    String key = JSON.readTree(Files.readString(client)).get("key").asString();
    return new Server(process, home, url, key);
  }

  private static boolean ready(URI url) {
    try (HttpConnection connection = new HttpConnection(url, "none")) {
      return connection.get("/v1/ready").status() == 200;
    } catch (IOException | RuntimeException e) {
      return false;
    }
  }

  static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, java.net.InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  HttpConnection connect() throws IOException {
    return new HttpConnection(url, key);
  }

  Path home() {
    return home.resolve("home");
  }

  /** Makes a table of flights. */
  void createTable(String name, boolean eventKeys) throws IOException {
    String body =
        """
        {"name": "%s", "columns": %s%s}
        """
            .formatted(
                name, FlightRows.COLUMNS, eventKeys ? ", \"event_key\": [\"flight_id\"]" : "");
    try (HttpConnection connection = connect()) {
      connection
          .post("/v1/tables", "application/json", body.getBytes(StandardCharsets.UTF_8))
          .orThrow();
    }
  }

  /** Runs a query and returns the parsed answer. */
  JsonNode query(String sql) throws IOException {
    try (HttpConnection connection = connect()) {
      byte[] body = JSON.writeValueAsBytes(java.util.Map.of("sql", sql));
      return JSON.readTree(connection.post("/v1/query", "application/json", body).orThrow().body());
    }
  }

  /** Segments that are durable and have not landed, over all shards. */
  long pendingSegments() throws IOException {
    try (HttpConnection connection = connect()) {
      JsonNode lag = JSON.readTree(connection.get("/v1/lag").orThrow().body());
      long pending = 0;
      for (JsonNode shard : lag.get("shards")) {
        pending += shard.get("head").asLong() - shard.get("watermark").asLong();
      }
      return pending;
    }
  }

  /** Waits until everything has landed and returns how many seconds that took. */
  double drain() throws IOException, InterruptedException {
    long start = System.nanoTime();
    while (pendingSegments() > 0) {
      if (System.nanoTime() - start > TimeUnit.MINUTES.toNanos(5)) {
        throw new IllegalStateException(pendingSegments() + " segments have not landed");
      }
      TimeUnit.MILLISECONDS.sleep(50);
    }
    return (System.nanoTime() - start) / 1e9;
  }

  /** Resident memory of the server itself, without its database and Temporal. */
  long residentBytes() {
    return Stream.concat(Stream.of(process.toHandle()), process.toHandle().descendants())
        .mapToLong(Server::residentBytesOfJava)
        .max()
        .orElse(0);
  }

  private static long residentBytesOfJava(ProcessHandle handle) {
    Path proc = Path.of("/proc", Long.toString(handle.pid()));
    try {
      if (!Files.readString(proc.resolve("comm")).strip().equals("java")) {
        return 0;
      }
      for (String line : Files.readAllLines(proc.resolve("status"))) {
        if (line.startsWith("VmRSS:")) {
          return Long.parseLong(line.replaceAll("[^0-9]", "")) << 10;
        }
      }
      return 0;
    } catch (IOException e) {
      // A process may end while it is looked at.
      return 0;
    }
  }

  /** Resident memory of the process tree in MiB, by program name. */
  List<String> memory() {
    return Stream.concat(Stream.of(process.toHandle()), process.toHandle().descendants())
        .map(Server::residentMemory)
        .filter(line -> !line.isEmpty())
        .sorted(Comparator.reverseOrder())
        .toList();
  }

  private static String residentMemory(ProcessHandle handle) {
    try {
      Path proc = Path.of("/proc", Long.toString(handle.pid()));
      String name = Files.readString(proc.resolve("comm")).strip();
      long kib =
          Files.readAllLines(proc.resolve("status")).stream()
              .filter(line -> line.startsWith("RssAnon:"))
              .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
              .findFirst()
              .orElse(0);
      return "%6d MiB %s".formatted(kib >> 10, name);
    } catch (IOException e) {
      return "";
    }
  }

  @Override
  public void close() throws IOException {
    process.destroy();
    try {
      if (!process.waitFor(30, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    try (Stream<Path> files = Files.walk(home)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
