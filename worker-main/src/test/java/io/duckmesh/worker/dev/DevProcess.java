package io.duckmesh.worker.dev;

import io.duckmesh.worker.Program;
import io.duckmesh.worker.cli.ClientFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;

/** A dev instance in a process of its own. */
final class DevProcess implements AutoCloseable {
  private static final Duration START_LIMIT = Duration.ofMinutes(2);

  private final Path home;
  private final Path output;
  private final Process process;

  private DevProcess(Path home, Path output, Process process) {
    this.home = home;
    this.output = output;
    this.process = process;
  }

  /** Starts and waits until it says that it is ready. */
  static DevProcess start(Path folder, int port, String... more) {
    try {
      Path output = Files.createTempFile(folder, "dev", ".log");
      List<String> arguments =
          new ArrayList<>(List.of("dev", "--home", "home", "--no-download", "--port", "" + port));
      arguments.addAll(List.of(more));
      Process process =
          Program.builder(folder, Map.of(), List.of("-Xmx700m"), arguments.toArray(String[]::new))
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      DevProcess dev = new DevProcess(folder.resolve("home"), output, process);
      dev.awaitReady();
      return dev;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  ClientFile client() {
    return ClientFile.read(home).orElseThrow();
  }

  String output() {
    try {
      return Files.readString(output);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Process process() {
    return process;
  }

  /** The process and all below it. */
  List<ProcessHandle> tree() {
    List<ProcessHandle> tree = new ArrayList<>(List.of(process.toHandle()));
    process.descendants().forEach(tree::add);
    return tree;
  }

  /** Ends the whole tree at once with SIGKILL, and waits until nothing of it is left. */
  void killTree() {
    List<ProcessHandle> tree = tree();
    tree.forEach(ProcessHandle::destroyForcibly);
    awaitEnd(tree, Duration.ofSeconds(10));
  }

  /** Waits until none of the processes is left; fails after the limit. */
  static void awaitEnd(List<ProcessHandle> processes, Duration limit) {
    long deadline = System.nanoTime() + limit.toNanos();
    while (processes.stream().anyMatch(ProcessHandle::isAlive)) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError(
            "Still running after %s: %s"
                .formatted(
                    limit,
                    processes.stream()
                        .filter(ProcessHandle::isAlive)
                        .map(handle -> handle.pid() + " " + handle.info().commandLine())
                        .toList()));
      }
      LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
    }
  }

  /** Asks for a stop and returns the exit code. */
  int stop() throws InterruptedException {
    process.destroy();
    if (!process.waitFor(30, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new AssertionError("Does not stop within 30 s: " + output());
    }
    return process.exitValue();
  }

  @Override
  public void close() {
    tree().forEach(ProcessHandle::destroyForcibly);
  }

  /** Waits until the output has the text. */
  void await(String text) {
    awaitMatch(".*" + Pattern.quote(text));
  }

  /** Waits until the output begins with what the expression says. */
  void awaitMatch(String expression) {
    Pattern pattern = Pattern.compile(expression, Pattern.DOTALL);
    long deadline = System.nanoTime() + START_LIMIT.toNanos();
    while (!pattern.matcher(output()).lookingAt()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("dev did not say %s:%n%s".formatted(expression, output()));
      }
      LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
    }
  }

  private void awaitReady() {
    long deadline = System.nanoTime() + START_LIMIT.toNanos();
    while (!output().contains("DuckMesh is ready")) {
      if (!process.isAlive() || System.nanoTime() > deadline) {
        close();
        throw new AssertionError("dev did not start:\n" + output());
      }
      LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
    }
  }
}
