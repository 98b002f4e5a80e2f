package io.duckmesh.testing;

import static java.util.Objects.requireNonNull;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * A real PostgreSQL with {@code fsync} on. {@link #shared()} is started once in a JVM and ends with
 * it; tests that stop or kill their server start their own.
 */
public final class PostgresServer implements AutoCloseable {
  private static final AtomicInteger DATABASES = new AtomicInteger();

  private final EmbeddedPostgres.Builder builder;
  private final @Nullable Path dataDirectory;
  private volatile EmbeddedPostgres postgres;

  private PostgresServer(EmbeddedPostgres.Builder builder, @Nullable Path dataDirectory) {
    this.builder = builder;
    this.dataDirectory = dataDirectory;
    this.postgres = start(builder);
  }

  /** Starts a server of its own; the caller closes it. */
  public static PostgresServer start() {
    return new PostgresServer(settings(), null);
  }

  /**
   * Starts a server of its own that keeps its data in the directory, so that it can be {@link
   * #restart restarted}; the caller closes it.
   */
  public static PostgresServer start(Path dataDirectory) {
    PostgresServer server =
        new PostgresServer(
            settings().setDataDirectory(dataDirectory).setCleanDataDirectory(false), dataDirectory);
    server.builder.setPort(server.port());
    return server;
  }

  private static EmbeddedPostgres.Builder settings() {
    return EmbeddedPostgres.builder()
        .setServerConfig("fsync", "on")
        .setServerConfig("full_page_writes", "on")
        .setServerConfig("synchronous_commit", "on")
        .setServerConfig("max_connections", "200")
        // Recovery after a kill replays the log, on a machine that is busy.
        .setPGStartupWait(Duration.ofMinutes(2));
  }

  private static EmbeddedPostgres start(EmbeddedPostgres.Builder builder) {
    try {
      return builder.start();
    } catch (IOException e) {
      throw new UncheckedIOException("PostgreSQL did not start", e);
    }
  }

  /** Stops a server that has a data directory, cutting all connections; see {@link #restart}. */
  public void stop() {
    close();
  }

  /**
   * Ends a server that has a data directory with SIGKILL, as a crash would; see {@link #restart}.
   * Its sessions end when they notice.
   */
  public void kill() {
    Path directory = requireNonNull(dataDirectory, "the server has no data directory of its own");
    try {
      String pid = Files.readAllLines(directory.resolve("postmaster.pid")).getFirst().strip();
      ProcessHandle.of(Long.parseLong(pid)).ifPresent(ProcessHandle::destroyForcibly);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot kill PostgreSQL in " + directory, e);
    }
    close();
  }

  /** Starts a server that was stopped, at the same address with the same data. */
  public void restart() {
    postgres = start(builder);
  }

  /** The server that all tests of this JVM share. */
  public static PostgresServer shared() {
    return Shared.SERVER;
  }

  /** Makes a new, empty database and returns its name. */
  public String createDatabase() {
    String name = "test_" + DATABASES.incrementAndGet();
    try (Connection connection = postgres.getPostgresDatabase().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE DATABASE " + name);
    } catch (SQLException e) {
      throw new IllegalStateException("Cannot create database " + name, e);
    }
    return name;
  }

  /** JDBC address of a database, with user. */
  public String jdbcUrl(String database) {
    return postgres.getJdbcUrl("postgres", database);
  }

  /** Unpooled connections to a new, empty database. */
  public DataSource newDatabase() {
    return postgres.getDatabase("postgres", createDatabase());
  }

  public int port() {
    return postgres.getPort();
  }

  @Override
  public void close() {
    try {
      postgres.close();
    } catch (IOException e) {
      throw new UncheckedIOException("PostgreSQL did not stop", e);
    }
  }

  private static final class Shared {
    static final PostgresServer SERVER = start();
  }
}
