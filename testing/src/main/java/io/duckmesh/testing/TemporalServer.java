package io.duckmesh.testing;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A real Temporal development server with a file database, the namespace {@link #namespace()} and
 * the search attributes of DuckMesh. {@link #shared()} is started once in a JVM and ends with it;
 * tests that stop or kill their server start their own. No server outlives the JVM.
 */
public final class TemporalServer implements AutoCloseable {
  private static final Duration PROBE = Duration.ofSeconds(5);

  private final Path program;
  private final Path directory;
  private final int port;
  private @Nullable ChildProgram child;

  private TemporalServer(Path program, Path directory, int port) {
    this.program = program;
    this.directory = directory;
    this.port = port;
  }

  /** Starts a server of its own with an empty database; the caller closes it. */
  public static TemporalServer start() {
    TemporalServer server =
        new TemporalServer(
            Programs.require("temporal"),
            ChildProgram.newDirectory("duckmesh-temporal-"),
            ChildProgram.freePort());
    server.restart();
    return server;
  }

  /** The server that all tests of this JVM share. */
  public static TemporalServer shared() {
    return Shared.SERVER;
  }

  /** Where clients connect, as {@code host:port}; the same after a restart. */
  public String address() {
    return "127.0.0.1:" + port;
  }

  public String namespace() {
    return "default";
  }

  /** What the server printed, over all its starts. */
  public Path log() {
    return directory.resolve("temporal.log");
  }

  /** Stops the server in good order; its database stays for {@link #restart()}. */
  public synchronized void stop() {
    if (child != null) {
      child.stop();
      child = null;
    }
  }

  /** Ends the server with SIGKILL; its database stays for {@link #restart()}. */
  public synchronized void kill() {
    if (child != null) {
      child.kill();
      child = null;
    }
  }

  /** Makes the server hang until {@link #resume()}: connections are accepted, nothing answers. */
  public synchronized void pause() {
    if (child != null) {
      child.signal("STOP");
    }
  }

  /** Ends what {@link #pause()} began. */
  public synchronized void resume() {
    if (child != null) {
      child.signal("CONT");
    }
  }

  /**
   * Ends what runs of a workflow, as an operator may at any moment.
   *
   * @return whether a run was there
   */
  public boolean terminate(String workflowId) {
    List<String> terminate =
        List.of(
            program.toString(),
            "workflow",
            "terminate",
            "--workflow-id",
            workflowId,
            "--reason",
            "a test",
            "--namespace",
            namespace(),
            "--address",
            address());
    return ChildProgram.run(terminate, PROBE) == 0;
  }

  /** Starts the server on its database, stopping it before if it runs; returns when it answers. */
  public synchronized void restart() {
    stop();
    child = ChildProgram.start("temporal", command(), Map.of(), log());
    child.awaitReady(this::answers);
  }

  /** Ends the server and deletes its database. */
  @Override
  public synchronized void close() {
    kill();
    ChildProgram.deleteDirectory(directory);
  }

  private boolean answers() {
    List<String> describe =
        List.of(
            program.toString(),
            "operator",
            "namespace",
            "describe",
            "--namespace",
            namespace(),
            "--address",
            address());
    return ChildProgram.run(describe, PROBE) == 0;
  }

  private List<String> command() {
    List<String> command =
        new ArrayList<>(
            List.of(
                program.toString(),
                "server",
                "start-dev",
                "--headless",
                "--ip",
                "127.0.0.1",
                "--port",
                Integer.toString(port),
                "--log-level",
                "warn",
                "--db-filename",
                directory.resolve("temporal.db").toString()));
    for (String attribute :
        List.of("DuckMeshTenant=Keyword", "DuckMeshTable=KeywordList", "DuckMeshShard=Keyword")) {
      command.addAll(List.of("--search-attribute", attribute));
    }
    // The defaults are those of a big cluster: 20 tasks a second from a shard, stalls of seconds.
    for (String value :
        List.of(
            "history.transferProcessorMaxPollRPS=10000",
            "system.enableActivityEagerExecution=true",
            "matching.numTaskqueueReadPartitions=1",
            "matching.numTaskqueueWritePartitions=1")) {
      command.addAll(List.of("--dynamic-config-value", value));
    }
    for (String pragma : List.of("journal_mode=WAL", "synchronous=NORMAL")) {
      command.addAll(List.of("--sqlite-pragma", pragma));
    }
    return command;
  }

  private static final class Shared {
    static final TemporalServer SERVER = startUntilExit();

    private static TemporalServer startUntilExit() {
      TemporalServer server = start();
      Runtime.getRuntime().addShutdownHook(new Thread(server::close, "stop-temporal"));
      return server;
    }
  }
}
