package io.duckmesh.bench.faults;

import io.duckmesh.testing.ChildProgram;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One process of DuckMesh under a supervisor, as systemd or Kubernetes is one: what ends is started
 * again. Not thread-safe: one thread at a time breaks and mends a process.
 */
final class Node {
  private static final Duration START = Duration.ofMinutes(10);

  private final String name;
  private final Product product;
  private final Map<String, String> environment;
  private final String role;
  private final URI readyAt;
  private final Path log;
  private volatile @Nullable ChildProgram child;
  private volatile boolean expectedAlive;

  /**
   * @param readyAt answers 200 when the process is ready
   */
  Node(
      String name,
      String role,
      Product product,
      Map<String, String> environment,
      URI readyAt,
      Path log) {
    this.name = name;
    this.role = role;
    this.product = product;
    this.environment = environment;
    this.readyAt = readyAt;
    this.log = log;
  }

  String name() {
    return name;
  }

  /** Starts the process without waiting for it. */
  void launch() {
    child = ChildProgram.start(name, product.command("server", "--roles", role), environment, log);
  }

  /**
   * Waits until the process is ready, starting it again when it ends before.
   *
   * @throws IllegalStateException if it is not ready in ten minutes
   */
  void awaitReady() {
    long deadline = System.nanoTime() + START.toNanos();
    while (!ready()) {
      ChildProgram current = child;
      if (current == null || !current.alive()) {
        launch();
      }
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException(
            "%s is not ready after %s, see %s".formatted(name, START, log));
      }
      Pause.millis(200);
    }
    expectedAlive = true;
  }

  /** Whether a process that was ready has ended although nobody ended it. */
  boolean endedByItself() {
    ChildProgram current = child;
    return expectedAlive && current != null && !current.alive();
  }

  void kill() {
    expectedAlive = false;
    ChildProgram current = child;
    if (current != null && current.alive()) {
      current.kill();
    }
  }

  /** Ends the process in good order; kills it if that takes too long. */
  void stop() {
    expectedAlive = false;
    ChildProgram current = child;
    if (current != null && current.alive()) {
      current.stop();
    }
  }

  void pause() {
    signal("STOP");
  }

  void resume() {
    signal("CONT");
  }

  /** Lets every write of the process that would make a file larger fail, as a full disk does. */
  boolean fillDisk() {
    return limitFiles("0");
  }

  boolean freeDisk() {
    return limitFiles("unlimited");
  }

  private boolean limitFiles(String soft) {
    ChildProgram current = child;
    return current != null
        && current
            .process()
            .map(
                process ->
                    ChildProgram.run(
                            List.of("prlimit", "--pid=" + process.pid(), "--fsize=" + soft + ":"),
                            Duration.ofSeconds(10))
                        == 0)
            .orElse(false);
  }

  private void signal(String signal) {
    ChildProgram current = child;
    if (current != null) {
      current.signal(signal);
    }
  }

  private boolean ready() {
    try {
      HttpURLConnection connection = (HttpURLConnection) readyAt.toURL().openConnection();
      connection.setConnectTimeout(1_000);
      connection.setReadTimeout(5_000);
      try {
        return connection.getResponseCode() == 200;
      } finally {
        connection.disconnect();
      }
    } catch (IOException e) {
      return false;
    }
  }
}
