package io.duckmesh.worker.dev;

import io.duckmesh.worker.RunningServer;
import io.duckmesh.worker.ServerSettings;
import io.duckmesh.worker.Setting;
import io.duckmesh.worker.StopRequest;
import io.duckmesh.worker.cli.ClientFile;
import io.duckmesh.worker.cli.Terminal;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** Starts everything in order, says what it does, and stops it in the opposite order. */
final class DevMode {
  private static final String TENANT = "default";
  private static final int DEFAULT_PORT = 8080;

  private final DevOptions options;
  private final long began = System.nanoTime();

  /** What has been started, the last first. */
  private final Deque<Started> started = new ArrayDeque<>();

  private record Started(String name, AutoCloseable part) {}

  private DevMode(DevOptions options) {
    this.options = options;
  }

  /** Runs until it is told to stop; returns the code to exit with. */
  static int run(DevOptions options) throws InterruptedException {
    return new DevMode(options).run();
  }

  private int run() throws InterruptedException {
    RunningServer.holdLogging();
    DevHome home = DevHome.open(options.home());
    StopRequest stop = StopRequest.listen(this::killChildren);
    started.push(new Started("home", home));
    try {
      start(home, stop);
      int exitCode = stop.await();
      say(exitCode == 0 || exitCode == 130 ? "stopping" : "stopping, since a server has ended");
      return exitCode;
    } catch (CompletionException e) {
      if (e.getCause() instanceof DevException cause) {
        throw cause;
      }
      throw e;
    } finally {
      stopAll();
    }
  }

  private void start(DevHome home, StopRequest stop) {
    say("home is " + home.directory());
    // Before anything that takes time or has to be stopped again.
    checkPort("--port", options.port());
    checkPort("--ui-port", options.uiPort());
    Path cache = CacheFolder.open(System.getenv(), home.directory().resolve("programs"));
    // PostgreSQL and Temporal start side by side; each takes about a second.
    CompletableFuture<DevTemporal> temporalStart =
        CompletableFuture.supplyAsync(() -> startTemporal(home, cache));
    PostgresChild postgres;
    DevTemporal temporal;
    try {
      postgres = PostgresChild.start(home, cache, text -> say("PostgreSQL: " + text));
      keep("PostgreSQL", postgres, stop);
      say("PostgreSQL is up");
    } finally {
      temporal = temporalStart.join();
      temporal
          .child()
          .ifPresentOrElse(child -> keep("Temporal", child, stop), () -> add("Temporal", temporal));
    }
    ServerSettings settings = settings(home, postgres, temporal);
    say("starting gateway and workers");
    RunningServer server = RunningServer.start(settings);
    add("gateway and workers", server);
    String url = "http://127.0.0.1:" + settings.http().port();
    ClientFile client = client(home, server, url);
    printReady(home, client, temporal);
  }

  private DevTemporal startTemporal(DevHome home, Path cache) {
    if (options.temporalTarget() != null) {
      return DevTemporal.existing(options.temporalTarget(), options.temporalNamespace());
    }
    if (options.inProcessTemporal()) {
      return DevTemporal.inProcess(DevTemporal.InProcessReason.ASKED_FOR);
    }
    TemporalPrograms programs = new TemporalPrograms(cache);
    Optional<Path> program = programs.find();
    if (program.isEmpty() && options.download()) {
      program = programs.download(text -> say("Temporal: " + text));
    }
    if (program.isEmpty()) {
      return DevTemporal.inProcess(DevTemporal.InProcessReason.NO_PROGRAM);
    }
    return DevTemporal.child(
        home, program.get(), options.uiPort(), text -> say("Temporal: " + text));
  }

  private ServerSettings settings(DevHome home, PostgresChild postgres, DevTemporal temporal) {
    Map<Setting, String> chosen = new EnumMap<>(Setting.class);
    chosen.put(Setting.ROLES, "api,materializer,compactor,collector");
    chosen.put(Setting.HTTP_ADDRESS, "127.0.0.1");
    chosen.put(Setting.HTTP_PORT, String.valueOf(port()));
    chosen.put(Setting.DATABASE_URL, postgres.jdbcUrl());
    chosen.put(Setting.DATABASE_USER, PostgresChild.USER);
    chosen.put(Setting.DATABASE_PASSWORD, postgres.password());
    chosen.put(Setting.OBJECT_STORE_URL, home.objects().toUri().toString());
    chosen.put(Setting.CACHE_DIRECTORY, home.directory().resolve("cache").toString());
    chosen.put(Setting.TEMPORAL_TARGET, temporal.target());
    chosen.put(Setting.TEMPORAL_NAMESPACE, temporal.namespace());
    temporal.uiUrl().ifPresent(url -> chosen.put(Setting.TEMPORAL_UI_URL, url));
    chosen.put(Setting.TENANT_NAME, TENANT);
    chosen.put(Setting.TENANT_SHARDS, String.valueOf(options.shards()));
    chosen.put(Setting.LOG_DIRECTORY, home.logs().toString());
    // What dev mode does not choose by itself may still be set in the environment.
    return ServerSettings.load(null, System.getenv(), chosen);
  }

  private int port() {
    Integer port = options.port();
    return port != null ? port : FreePorts.near(DEFAULT_PORT);
  }

  private static void checkPort(String option, @Nullable Integer port) {
    if (port == null) {
      return;
    }
    if (port < 1 || port > 65_535) {
      throw new DevException("%s is a number from 1 to 65535, not %d".formatted(option, port));
    }
    if (!FreePorts.isFree(port)) {
      throw new DevException(
          "Port %d is in use by another program. Choose another with %s, or leave it out for the next free one"
              .formatted(port, option));
    }
  }

  /** The key of the first start, and the address of this one, where the client commands look. */
  private static ClientFile client(DevHome home, RunningServer server, String url) {
    String key =
        ClientFile.read(home.directory())
            .map(ClientFile::key)
            .filter(server::knowsKey)
            .orElseGet(() -> server.createKey(TENANT, "dev"));
    ClientFile client = new ClientFile(url, key);
    try {
      client.write(home.directory());
    } catch (IOException e) {
      throw new DevException("Cannot write %s: %s".formatted(ClientFile.NAME, e), e);
    }
    return client;
  }

  private void keep(String name, KeptAlive.Server server, StopRequest stop) {
    Runnable stopAll =
        () -> {
          if (!stop.isAsked()) {
            stop.ask(1);
          }
        };
    add(name, KeptAlive.keep(name, server, this::say, stopAll));
  }

  private void printReady(DevHome home, ClientFile client, DevTemporal temporal) {
    String url = client.url();
    StringBuilder block = new StringBuilder();
    block.append(
        "\nDuckMesh is ready after %.1f s.\n\n".formatted((System.nanoTime() - began) / 1e9));
    line(block, "API", url + "/v1");
    line(block, "OpenAPI", url + "/openapi.json");
    line(block, "Metrics", url + "/metrics");
    line(
        block,
        "Temporal",
        temporal
            .uiUrl()
            .map(ui -> "%s (gRPC %s)".formatted(ui, temporal.target()))
            .orElse("gRPC %s (no Web UI of ours)".formatted(temporal.target())));
    line(block, "Key", client.key());
    line(block, "Home", home.directory() + " (logs in logs/)");
    block.append("\nTry in another terminal:\n");
    block.append("  %s demo%s\n".formatted(Terminal.program(), homeOption(home)));
    block.append(
        "  curl -s %s/v1/tables -H 'Authorization: Bearer %s'\n".formatted(url, client.key()));
    temporal.warning().ifPresent(text -> block.append("\nNote: ").append(text).append("\n"));
    block.append("\nCtrl-C stops everything.\n");
    Terminal.out().print(block);
    Terminal.flush();
  }

  /** What client commands need to be told where the default would not find this instance. */
  private static String homeOption(DevHome home) {
    Path usual = Path.of(ClientFile.DEFAULT_HOME).toAbsolutePath().normalize();
    return home.directory().equals(usual) ? "" : " --home " + home.directory();
  }

  private static void line(StringBuilder block, String name, String value) {
    block.append("  %-9s %s\n".formatted(name, value));
  }

  private synchronized void add(String name, AutoCloseable part) {
    started.push(new Started(name, part));
  }

  private synchronized @Nullable Started next() {
    return started.poll();
  }

  private void stopAll() {
    long stopBegan = System.nanoTime();
    int stopped = 0;
    for (Started part = next(); part != null; part = next()) {
      if (!part.name().equals("home")) {
        say("stopping " + part.name());
        stopped++;
      }
      try {
        part.part().close();
      } catch (Exception e) {
        // Whatever happened to one part, the others have to be stopped.
        say("%s did not stop well: %s".formatted(part.name(), e));
      }
    }
    if (stopped > 0) {
      say(
          "stopped after %.1f s"
              .formatted(Duration.ofNanos(System.nanoTime() - stopBegan).toMillis() / 1000.0));
    }
  }

  private synchronized void killChildren() {
    for (Started part : started) {
      // Anything else ends with this process.
      if (part.part() instanceof KeptAlive kept) {
        kept.kill();
      }
    }
  }

  private void say(String text) {
    Terminal.err()
        .println(
            String.format(Locale.ROOT, "%6.1f s  %s", (System.nanoTime() - began) / 1e9, text));
    Terminal.err().flush();
  }
}
