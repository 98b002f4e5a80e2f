package io.duckmesh.worker.dev;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.IntSupplier;

/**
 * PostgreSQL with its data in the home folder: durable ({@code fsync} on), reachable from this
 * machine only, with a password that was made at the first start.
 */
final class PostgresChild implements KeptAlive.Server {
  static final String USER = "duckmesh";
  static final String DATABASE = "duckmesh";

  private static final String NAME = "postgres";
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /** Recovery after a crash replays at most max_wal_size of log, which takes seconds. */
  private static final Duration START_LIMIT = Duration.ofMinutes(2);

  private static final int START_ATTEMPTS = 4;
  private static final String CANNOT_CONNECT_NOW = "57P03";

  private final Installed installed;
  private final ChildProcess process;
  private final int port;

  private PostgresChild(Installed installed, ChildProcess process, int port) {
    this.installed = installed;
    this.process = process;
    this.port = port;
  }

  /** What every start of the server needs. */
  private record Installed(
      DevHome home, PostgresPrograms programs, PostgresUser user, String password) {}

  /** Starts the server, initializing its data at the first start; answers connections then. */
  static PostgresChild start(DevHome home, Path cache, Consumer<String> say) {
    PostgresPrograms programs =
        PostgresPrograms.unpack(cache, () -> say.accept("unpacking PostgreSQL (once)"));
    PostgresUser user = PostgresUser.choose(home.directory());
    String password = home.keep("postgres-password", PostgresChild::newPassword);
    Path data = home.postgres();
    if (!Files.isDirectory(data)) {
      say.accept("initializing the database (once)");
      initialize(programs, user, data, password);
    }
    if (ChildProcess.endLeftover(home.run(), NAME, data.toString(), PATIENCE)
        || endPostmaster(data)) {
      say.accept("ended PostgreSQL of an earlier start");
    }
    return launch(new Installed(home, programs, user, password), FreePorts::any);
  }

  private static PostgresChild launch(Installed installed, IntSupplier ports) {
    DevHome home = installed.home();
    Path data = home.postgres();
    DevException last = null;
    for (int attempt = 0; attempt < START_ATTEMPTS; attempt++) {
      int port = ports.getAsInt();
      ChildProcess process =
          ChildProcess.start(
              new ChildProcess.Spec(
                  NAME,
                  installed.user().command(command(installed.programs(), data, port)),
                  environment(data),
                  // Fast shutdown: sessions are ended, a checkpoint is written.
                  "INT",
                  PATIENCE),
              home.run(),
              home.logs());
      PostgresChild child = new PostgresChild(installed, process, port);
      try {
        child.awaitReady();
        child.createDatabase();
        return child;
      } catch (DevException e) {
        // Another program may have taken the port, or workers of a killed server be still ending.
        process.kill();
        last = e;
        LockSupport.parkNanos(Duration.ofMillis(500).toNanos());
      }
    }
    throw java.util.Objects.requireNonNull(last);
  }

  @Override
  public PostgresChild startAgain() {
    return launch(installed, () -> port);
  }

  String jdbcUrl() {
    return "jdbc:postgresql://127.0.0.1:%d/%s".formatted(port, DATABASE);
  }

  String password() {
    return installed.password();
  }

  @Override
  public ChildProcess process() {
    return process;
  }

  @Override
  public void close() {
    process.close();
  }

  private static List<String> command(PostgresPrograms programs, Path data, int port) {
    List<String> command =
        new ArrayList<>(List.of(programs.program("postgres").toString(), "-D", data.toString()));
    Map<String, String> settings =
        Map.ofEntries(
            Map.entry("listen_addresses", "127.0.0.1"),
            Map.entry("port", String.valueOf(port)),
            Map.entry("unix_socket_directories", ""),
            Map.entry("fsync", "on"),
            Map.entry("full_page_writes", "on"),
            Map.entry("synchronous_commit", "on"),
            Map.entry("max_connections", "100"),
            Map.entry("shared_buffers", "256MB"),
            Map.entry("max_wal_size", "2GB"),
            Map.entry("jit", "off"),
            Map.entry("log_min_messages", "warning"),
            Map.entry("log_line_prefix", "%m [%p] "));
    settings.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(
            setting -> {
              command.add("-c");
              command.add(setting.getKey() + "=" + setting.getValue());
            });
    return command;
  }

  /**
   * After a crash the data's lock file names a process id that may belong to another program by
   * now, and PostgreSQL would refuse to start. It passes over the id that this variable names, and
   * still checks that no worker of the crashed server uses the shared memory.
   */
  private static Map<String, String> environment(Path data) {
    Optional<Long> stale = ChildProcess.readPid(data.resolve("postmaster.pid"));
    return stale.isEmpty()
        ? Map.of("LC_ALL", "C")
        : Map.of("LC_ALL", "C", "PG_GRANDPARENT_PID", stale.get().toString());
  }

  private static boolean endPostmaster(Path data) {
    Optional<ProcessHandle> postmaster =
        ChildProcess.readPid(data.resolve("postmaster.pid"))
            .flatMap(ProcessHandle::of)
            .filter(handle -> ChildProcess.hasMark(handle, data.toString()));
    postmaster.ifPresent(handle -> ChildProcess.end(handle, PATIENCE));
    return postmaster.isPresent();
  }

  /** Makes the data folder in one step: what a killed start left half done is thrown away. */
  private static void initialize(
      PostgresPrograms programs, PostgresUser user, Path data, String password) {
    Path draft = data.resolveSibling("postgres.new");
    Path passwordFile = data.resolveSibling("postgres-password.new");
    try {
      PostgresPrograms.delete(draft);
      Files.deleteIfExists(passwordFile);
      Files.createDirectory(
          draft,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      Files.createFile(
          passwordFile,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.writeString(passwordFile, password + "\n");
      user.give(draft);
      user.give(passwordFile);
      Commands.run(
          "initdb",
          user.command(
              List.of(
                  programs.program("initdb").toString(),
                  "-D",
                  draft.toString(),
                  "-U",
                  USER,
                  "--pwfile=" + passwordFile,
                  "--auth=scram-sha-256",
                  "--encoding=UTF8",
                  "--locale=C",
                  "--no-instructions")));
      Files.delete(passwordFile);
      Files.move(draft, data, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new DevException("Cannot initialize %s: %s".formatted(data, e.getMessage()), e);
    }
  }

  private void awaitReady() {
    long deadline = System.nanoTime() + START_LIMIT.toNanos();
    while (true) {
      try (Connection connection = connect("postgres")) {
        return;
      } catch (SQLException e) {
        if (!process.isAlive()) {
          throw new DevException("PostgreSQL did not start, it says:\n  " + process.lastWords(), e);
        }
        boolean starting =
            CANNOT_CONNECT_NOW.equals(e.getSQLState())
                || (e.getSQLState() != null && e.getSQLState().startsWith("08"));
        if (!starting || System.nanoTime() > deadline) {
          throw new DevException(
              "PostgreSQL does not answer: %s. Its log is %s"
                  .formatted(e.getMessage(), process.log()),
              e);
        }
        LockSupport.parkNanos(Duration.ofMillis(30).toNanos());
      }
    }
  }

  private void createDatabase() {
    try (Connection connection = connect("postgres");
        Statement statement = connection.createStatement()) {
      try (ResultSet found =
          statement.executeQuery("SELECT 1 FROM pg_database WHERE datname = '" + DATABASE + "'")) {
        if (found.next()) {
          return;
        }
      }
      statement.execute("CREATE DATABASE " + DATABASE);
    } catch (SQLException e) {
      throw new DevException("Cannot create database " + DATABASE + ": " + e.getMessage(), e);
    }
  }

  private Connection connect(String database) throws SQLException {
    return DriverManager.getConnection(
        "jdbc:postgresql://127.0.0.1:%d/%s?connectTimeout=5".formatted(port, database),
        USER,
        installed.password());
  }

  private static String newPassword() {
    byte[] bytes = new byte[24];
    new SecureRandom().nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }
}
