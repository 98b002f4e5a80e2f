package io.duckmesh.bus.postgres;

import io.duckmesh.testing.ChildProgram;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A PostgreSQL of one test, which may kill it and start it again on the same files and port. */
final class RestartableServer implements AutoCloseable {
  private final Path directory;
  private final int port;
  private @Nullable EmbeddedPostgres postgres;

  RestartableServer(Path directory) {
    this.directory = directory;
    this.port = ChildProgram.freePort();
    start();
  }

  String jdbcUrl() {
    return "jdbc:postgresql://localhost:%d/postgres?user=postgres".formatted(port);
  }

  void start() {
    try {
      postgres =
          EmbeddedPostgres.builder()
              .setDataDirectory(directory)
              .setCleanDataDirectory(false)
              .setPort(port)
              .setServerConfig("fsync", "on")
              .setServerConfig("synchronous_commit", "on")
              .setServerConfig("full_page_writes", "on")
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException("PostgreSQL did not start", e);
    }
  }

  /** Kills every process of the server at once, as a power cut does. */
  void kill() {
    try {
      long pid = Long.parseLong(Files.readAllLines(directory.resolve("postmaster.pid")).getFirst());
      ProcessHandle postmaster = ProcessHandle.of(pid).orElseThrow();
      List<ProcessHandle> all =
          Stream.concat(Stream.of(postmaster), postmaster.descendants()).toList();
      all.forEach(ProcessHandle::destroyForcibly);
      all.forEach(process -> process.onExit().join());
      // Gives the lock on the files back; that nothing is left to be stopped is logged as an error.
      close();
    } catch (IOException e) {
      throw new UncheckedIOException("PostgreSQL is not running", e);
    }
  }

  @Override
  public void close() {
    EmbeddedPostgres running = postgres;
    if (running != null) {
      try {
        running.close();
      } catch (IOException e) {
        throw new UncheckedIOException("PostgreSQL did not stop", e);
      }
    }
  }
}
