package io.duckmesh.bench.faults;

import io.duckmesh.testing.ChildProgram;
import io.duckmesh.testing.PostgresServer;
import io.duckmesh.testing.S3Server;
import io.duckmesh.testing.TemporalServer;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * The real parts as separate processes: PostgreSQL, Temporal and an S3 server, two gateways, two
 * materializers, with upkeep two compactors, and between each of these and each of the three a
 * proxy of its own.
 */
final class Cluster implements AutoCloseable {
  /** A server that the processes of DuckMesh talk to. */
  enum Server {
    POSTGRES,
    TEMPORAL,
    S3
  }

  private static final String OFTEN =
      """
      compact.interval-seconds: 5
      expire.interval-seconds: 15
      collect.interval-seconds: 15
      collect.grace-seconds: %d
      """
          .formatted(Haste.GRACE_SECONDS)
          .strip();

  private final PostgresServer postgres;
  private final TemporalServer temporal;
  private final S3Server s3;
  private final Path folder;
  private final String database;
  private final String bucket;
  private final List<Node> gateways = new ArrayList<>();
  private final List<Node> materializers = new ArrayList<>();
  private final List<Node> compactors = new ArrayList<>();
  private final Map<Node, List<TcpProxy>> proxies = new LinkedHashMap<>();
  private final List<URI> urls = new ArrayList<>();
  private final String key;

  private Cluster(Product product, Path folder, boolean upkeep) throws IOException {
    this.folder = folder;
    this.postgres = PostgresServer.start(Files.createDirectories(folder.resolve("postgres")));
    this.temporal = TemporalServer.start();
    this.s3 = S3Server.start();
    this.bucket = s3.createBucket();
    this.database = postgres.createDatabase();
    for (int i = 0; i < 2; i++) {
      int port = ChildProgram.freePort();
      URI url = URI.create("http://127.0.0.1:" + port);
      urls.add(url);
      gateways.add(node(product, "gateway-" + i, "api", "http.port: " + port, url, ""));
    }
    for (int i = 0; i < 2; i++) {
      int port = ChildProgram.freePort();
      URI url = URI.create("http://127.0.0.1:" + port);
      materializers.add(
          node(product, "materializer-" + i, "materializer", "management.port: " + port, url, ""));
    }
    for (int i = 0; upkeep && i < 2; i++) {
      int port = ChildProgram.freePort();
      URI url = URI.create("http://127.0.0.1:" + port);
      // Statements are sent whole each time, so that what goes by can be read.
      compactors.add(
          node(
              product,
              "compactor-" + i,
              "compactor,collector",
              "management.port: %d\n%s".formatted(port, OFTEN),
              url,
              "&prepareThreshold=0"));
    }
    nodes().forEach(Node::launch);
    nodes().forEach(Node::awaitReady);
    this.key = createKey(product);
  }

  /** Starts everything, with all state below the folder; returns when all are ready. */
  static Cluster start(Product product, Path folder, boolean upkeep) throws IOException {
    return new Cluster(product, folder, upkeep);
  }

  private Node node(
      Product product, String name, String role, String settings, URI url, String jdbcOptions)
      throws IOException {
    List<TcpProxy> links =
        List.of(
            TcpProxy.start(postgres.port()),
            TcpProxy.start(Integer.parseInt(temporal.address().split(":")[1])),
            TcpProxy.start(s3.endpoint().getPort()));
    Path config =
        Files.writeString(
            folder.resolve(name + ".yaml"),
            """
            http.address: 127.0.0.1
            %s
            database.url: jdbc:postgresql://127.0.0.1:%d/%s?user=postgres%s
            object-store:
              url: s3://%s/lake
              endpoint: http://127.0.0.1:%d
              region: %s
              path-style: true
              access-key: %s
            cache.directory: %s
            temporal.target: 127.0.0.1:%d
            """
                .formatted(
                    settings,
                    links.get(Server.POSTGRES.ordinal()).port(),
                    database,
                    jdbcOptions,
                    bucket,
                    links.get(Server.S3.ordinal()).port(),
                    s3.region(),
                    s3.accessKey(),
                    folder.resolve("cache-" + name),
                    links.get(Server.TEMPORAL.ordinal()).port()));
    Map<String, String> environment =
        Map.of(
            "DUCKMESH_CONFIG",
            config.toString(),
            "DUCKMESH_OBJECT_STORE_SECRET_KEY",
            s3.secretKey());
    Node node =
        new Node(
            name,
            role,
            product,
            environment,
            url.resolve("/v1/ready"),
            folder.resolve(name + ".log"));
    proxies.put(node, links);
    return node;
  }

  private String createKey(Product product) throws IOException {
    Path answer = folder.resolve("key.txt");
    Process process =
        new ProcessBuilder(
                product.command(
                    "keys",
                    "create",
                    "--roles",
                    "all",
                    "--database-url",
                    postgres.jdbcUrl(database)))
            .redirectOutput(answer.toFile())
            .redirectError(folder.resolve("key.log").toFile())
            .start();
    try {
      if (!process.waitFor(2, TimeUnit.MINUTES) || process.exitValue() != 0) {
        process.destroyForcibly();
        throw new IllegalStateException(
            "No key was made: " + Files.readString(folder.resolve("key.log")));
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted", e);
    }
    return Files.readString(answer).strip();
  }

  PostgresServer postgres() {
    return postgres;
  }

  TemporalServer temporal() {
    return temporal;
  }

  S3Server s3() {
    return s3;
  }

  List<Node> gateways() {
    return gateways;
  }

  List<Node> materializers() {
    return materializers;
  }

  /** Without upkeep there are none. */
  List<Node> compactors() {
    return compactors;
  }

  /** Gateways first. */
  List<Node> nodes() {
    List<Node> nodes = new ArrayList<>(gateways);
    nodes.addAll(materializers);
    nodes.addAll(compactors);
    return nodes;
  }

  /** What catalog and bucket have, past the processes. */
  Books books() {
    return new Books(postgres.jdbcUrl(database), s3.bucketDirectory(bucket).resolve("lake"));
  }

  /** Ids of all tables, dropped ones too; empty while the server is away. */
  Set<String> tableIds() {
    try {
      return books().tableIds();
    } catch (SQLException e) {
      return Set.of();
    }
  }

  /** Between a process and a server. */
  TcpProxy link(Node node, Server server) {
    List<TcpProxy> links = proxies.get(node);
    if (links == null) {
      throw new IllegalArgumentException("Not a process of this cluster: " + node.name());
    }
    return links.get(server.ordinal());
  }

  /** Ends all interference with connections. */
  void mendLinks() {
    proxies.values().forEach(links -> links.forEach(link -> link.interfere(Interference.NONE)));
  }

  List<URI> urls() {
    return urls;
  }

  String key() {
    return key;
  }

  @Override
  public void close() throws IOException {
    nodes().forEach(Node::kill);
    for (List<TcpProxy> links : proxies.values()) {
      for (TcpProxy link : links) {
        link.close();
      }
    }
    temporal.close();
    s3.close();
    postgres.close();
  }
}
