package io.duckmesh.testing;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/**
 * A server program as a child of this JVM. It ends with the JVM however that ends: a shell between
 * the two holds a pipe from the JVM and kills the program when the pipe breaks.
 */
public final class ChildProgram {
  /** Signals arrive by name, one a line; the end of the input means that the JVM is gone. */
  private static final String WATCHDOG =
      """
      exec 3<&0
      "$@" 3<&- &
      child=$!
      ( while read -r signal <&3; do kill "-$signal" "$child"; done; kill -KILL "$child" ) \
      2>/dev/null &
      watcher=$!
      wait "$child"
      code=$?
      kill "$watcher" 2>/dev/null
      exit "$code"
      """;

  private static final Duration START = Duration.ofSeconds(60);
  private static final Duration STOP = Duration.ofSeconds(20);
  private static final int FIRST_PORT = 20_000;

  /** Where Linux begins, other systems later. */
  private static final int FIRST_PORT_OF_CONNECTIONS = 32_768;

  private static final int PORT_ATTEMPTS = 1_000;

  private final String name;
  private final Process shell;
  private final Path log;

  private ChildProgram(String name, Process shell, Path log) {
    this.name = name;
    this.shell = shell;
    this.log = log;
  }

  /** Starts the program; what it prints is appended to the log. */
  public static ChildProgram start(
      String name, List<String> command, Map<String, String> environment, Path log) {
    List<String> line = new ArrayList<>(List.of("/bin/sh", "-c", WATCHDOG, name));
    line.addAll(command);
    ProcessBuilder builder =
        new ProcessBuilder(line)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    builder.environment().putAll(environment);
    try {
      return new ChildProgram(name, builder.start(), log);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot start " + name, e);
    }
  }

  /** Waits until the probe says yes; fails with the log if the program ends or takes too long. */
  public void awaitReady(BooleanSupplier probe) {
    long deadline = System.nanoTime() + START.toNanos();
    while (!probe.getAsBoolean()) {
      if (ended(Duration.ofMillis(20))) {
        throw new IllegalStateException(
            "%s ended with %d: %s".formatted(name, shell.exitValue(), logText()));
      }
      if (System.nanoTime() > deadline) {
        signal("KILL");
        throw new IllegalStateException(
            "%s is not ready after %s: %s".formatted(name, START, logText()));
      }
    }
  }

  public boolean alive() {
    return shell.isAlive();
  }

  /** Asks the program to end, waits for it, and kills it if it does not. */
  public void stop() {
    signal("TERM");
    if (!ended(STOP)) {
      kill();
    }
  }

  /** Ends the program at once, as a crash would, and waits until it is gone. */
  public void kill() {
    signal("KILL");
    if (!ended(STOP)) {
      throw new IllegalStateException(name + " is still there after being killed");
    }
  }

  /** Sends a signal by its name, such as STOP; does nothing if the program has ended. */
  public void signal(String signal) {
    try {
      OutputStream input = shell.getOutputStream();
      input.write((signal + "\n").getBytes(US_ASCII));
      input.flush();
    } catch (IOException e) {
      if (shell.isAlive()) {
        throw new UncheckedIOException("Cannot send %s to %s".formatted(signal, name), e);
      }
    }
  }

  /** The program's process, which is a child of the shell; empty when it has ended. */
  public Optional<ProcessHandle> process() {
    return shell
        .children()
        .filter(child -> !child.info().command().orElse("").endsWith("sh"))
        .findFirst();
  }

  /** What the program ended with; empty while it runs. */
  public OptionalInt exitCode() {
    return shell.isAlive() ? OptionalInt.empty() : OptionalInt.of(shell.exitValue());
  }

  private boolean ended(Duration patience) {
    try {
      return shell.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while waiting for " + name, e);
    }
  }

  private String logText() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      return "no log: " + e.getMessage();
    }
  }

  /** Runs a command to its end, its output thrown away, and returns its exit code. */
  public static int run(List<String> command, Duration patience) {
    File nowhere = new File("/dev/null");
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectInput(nowhere)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
        return -1;
      }
      return process.exitValue();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot run " + command.getFirst(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while running " + command.getFirst(), e);
    }
  }

  /**
   * A port of the loopback address that nobody listens on. It is none of those that systems give to
   * connections that begin here: one of them may have it before the program does, or while the
   * program is stopped and started again.
   */
  public static int freePort() {
    for (int attempt = 0; attempt < PORT_ATTEMPTS; attempt++) {
      int port = ThreadLocalRandom.current().nextInt(FIRST_PORT, FIRST_PORT_OF_CONNECTIONS);
      try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return socket.getLocalPort();
      } catch (IOException e) {
        // Somebody listens there.
      }
    }
    throw new IllegalStateException("No free port after %d attempts".formatted(PORT_ATTEMPTS));
  }

  public static Path newDirectory(String prefix) {
    try {
      return Files.createTempDirectory(prefix);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot create a temporary directory", e);
    }
  }

  public static void deleteDirectory(Path directory) {
    if (!Files.exists(directory)) {
      return;
    }
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot delete " + directory, e);
    }
  }
}
