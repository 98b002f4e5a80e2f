package io.duckmesh.worker.dev;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A server program that lives at most as long as this process. A small shell between the two holds
 * the other end of a pipe: when that is closed, by {@link #close} or because this process is gone
 * however it went, the shell asks the program to stop and, if it does not, ends it. The shell is in
 * a session of its own, so that Ctrl-C reaches this process alone and children stop in order.
 *
 * <p>Should even the shell be killed, the pid file names the program for the next start: {@link
 * #endLeftover}.
 */
final class ChildProcess implements AutoCloseable {
  /** Arguments: pid file, signal that asks for a stop, seconds to wait for it, the program. */
  private static final String GUARD =
      """
      pid_file=$1; signal=$2; patience=$3; shift 3
      exec 3<&0
      "$@" </dev/null 3<&- &
      child=$!
      printf '%s\\n' "$child" >"$pid_file.new" && mv -f "$pid_file.new" "$pid_file"
      {
        while read -r _; do :; done <&3
        kill -s "$signal" "$child"
        waited=0
        while [ "$waited" -lt "$patience" ] && kill -0 "$child"; do sleep 1; waited=$((waited + 1)); done
        kill -s KILL "$child"
      } 2>/dev/null &
      guard=$!
      exec 3<&- 0</dev/null
      wait "$child"
      status=$?
      kill -s KILL "$guard" 2>/dev/null
      rm -f "$pid_file"
      exit "$status"
      """;

  private final String name;
  private final Path log;
  private final Path pidFile;
  private final Duration patience;
  private final Process shell;

  private ChildProcess(String name, Path log, Path pidFile, Duration patience, Process shell) {
    this.name = name;
    this.log = log;
    this.pidFile = pidFile;
    this.patience = patience;
    this.shell = shell;
  }

  /**
   * What is started and how it is ended.
   *
   * @param name word for messages, and of the pid file and the log
   * @param stopSignal what asks the program to stop, for example {@code INT}
   * @param patience how long it has to stop before it is killed
   */
  record Spec(
      String name,
      List<String> command,
      Map<String, String> environment,
      String stopSignal,
      Duration patience) {
    Spec {
      command = List.copyOf(command);
      environment = Map.copyOf(environment);
    }
  }

  static ChildProcess start(Spec spec, Path pidDirectory, Path logDirectory) {
    Path log = logDirectory.resolve(spec.name() + ".log");
    Path pidFile = pidDirectory.resolve(spec.name() + ".pid");
    List<String> command = new ArrayList<>(ownSession());
    command.addAll(
        List.of(
            "sh",
            "-c",
            GUARD,
            "duckmesh-" + spec.name(),
            pidFile.toString(),
            spec.stopSignal(),
            String.valueOf(spec.patience().toSeconds())));
    command.addAll(spec.command());
    try {
      if (Files.exists(log)) {
        Files.move(
            log,
            logDirectory.resolve(spec.name() + ".previous.log"),
            StandardCopyOption.REPLACE_EXISTING);
      }
      ProcessBuilder builder =
          new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
      builder.environment().putAll(spec.environment());
      return new ChildProcess(spec.name(), log, pidFile, spec.patience(), builder.start());
    } catch (IOException e) {
      throw new DevException("Cannot start %s: %s".formatted(spec.name(), e.getMessage()), e);
    }
  }

  boolean isAlive() {
    return shell.isAlive();
  }

  Path log() {
    return log;
  }

  /** The last lines that the program printed, for a message about its end. */
  String lastWords() {
    try {
      List<String> lines = Files.readAllLines(log, StandardCharsets.ISO_8859_1);
      return String.join("\n  ", lines.subList(Math.max(0, lines.size() - 10), lines.size()));
    } catch (IOException e) {
      return "(%s cannot be read)".formatted(log);
    }
  }

  /** Runs the action, in some thread, when the program ends, for whatever reason. */
  void onExit(Runnable action) {
    var unused = shell.onExit().thenRun(action);
  }

  /** Asks the program to stop, waits for it, and kills it when it takes too long. */
  @Override
  public void close() {
    try {
      shell.getOutputStream().close();
      if (!shell.waitFor(patience.toMillis() + 3000, TimeUnit.MILLISECONDS)) {
        kill();
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot stop " + name, e);
    } catch (InterruptedException e) {
      kill();
      Thread.currentThread().interrupt();
    }
  }

  /** Ends the program at once. */
  void kill() {
    shell.descendants().forEach(ProcessHandle::destroyForcibly);
    shell.destroyForcibly();
    deleteQuietly(pidFile);
  }

  /**
   * Ends the program of an earlier start that is still running, if there is one: first by closing
   * in good order, then by force.
   *
   * @param mark what the program's command line contains, since a pid may belong to another by now
   * @return whether there was one
   */
  static boolean endLeftover(Path pidDirectory, String name, String mark, Duration patience) {
    Path pidFile = pidDirectory.resolve(name + ".pid");
    Optional<ProcessHandle> leftover =
        readPid(pidFile).flatMap(ProcessHandle::of).filter(handle -> hasMark(handle, mark));
    leftover.ifPresent(handle -> end(handle, patience));
    deleteQuietly(pidFile);
    return leftover.isPresent();
  }

  /** Ends a process and what it started: asks first, then kills. */
  static void end(ProcessHandle handle, Duration patience) {
    List<ProcessHandle> descendants = handle.descendants().toList();
    handle.destroy();
    if (!waitForEnd(handle, patience)) {
      handle.destroyForcibly();
      waitForEnd(handle, Duration.ofSeconds(5));
    }
    descendants.forEach(ProcessHandle::destroyForcibly);
  }

  static Optional<Long> readPid(Path pidFile) {
    try {
      if (!Files.isRegularFile(pidFile)) {
        return Optional.empty();
      }
      List<String> lines = Files.readAllLines(pidFile, StandardCharsets.ISO_8859_1);
      return lines.isEmpty() || !lines.getFirst().strip().matches("\\d{1,10}")
          ? Optional.empty()
          : Optional.of(Long.parseLong(lines.getFirst().strip()));
    } catch (IOException e) {
      throw new DevException("Cannot read %s: %s".formatted(pidFile, e.getMessage()), e);
    }
  }

  /** Whether the command line of the process contains the mark. */
  static boolean hasMark(ProcessHandle handle, String mark) {
    // ProcessHandle knows the arguments on Linux only where it may read them all.
    return handle.info().commandLine().map(line -> line.contains(mark)).orElse(false);
  }

  private static boolean waitForEnd(ProcessHandle handle, Duration patience) {
    try {
      handle.onExit().get(patience.toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (java.util.concurrent.TimeoutException e) {
      return false;
    } catch (java.util.concurrent.ExecutionException e) {
      throw new DevException("Cannot wait for process " + handle.pid(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static void deleteQuietly(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot delete " + file, e);
    }
  }

  /**
   * What starts a command in a session of its own and then becomes it, where there is such a thing.
   */
  private static List<String> ownSession() {
    if (Commands.find("setsid").isPresent()) {
      return List.of("setsid");
    }
    if (Commands.find("perl").isPresent()) {
      return List.of("perl", "-MPOSIX", "-e", "POSIX::setsid(); exec @ARGV");
    }
    return List.of();
  }
}
