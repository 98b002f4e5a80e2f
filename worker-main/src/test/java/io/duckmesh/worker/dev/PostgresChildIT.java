package io.duckmesh.worker.dev;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PostgresChildIT {
  private final List<String> said = new ArrayList<>();

  @TempDir private Path folder;

  @Test
  void isDurableAndForThisMachineOnly() throws Exception {
    try (DevHome home = DevHome.open(folder.resolve("home"));
        PostgresChild postgres = start(home)) {
      assertThat(query(postgres, "SHOW fsync")).isEqualTo("on");
      assertThat(query(postgres, "SHOW full_page_writes")).isEqualTo("on");
      assertThat(query(postgres, "SHOW synchronous_commit")).isEqualTo("on");
      assertThat(query(postgres, "SHOW listen_addresses")).isEqualTo("127.0.0.1");
    }
  }

  @Test
  void startsAfterAKillAlthoughItsOldPidBelongsToAnotherProcess() throws Exception {
    try (DevHome home = DevHome.open(folder.resolve("home"))) {
      PostgresChild killed = start(home);
      query(killed, "CREATE TABLE kept AS SELECT 7 AS n; SELECT 1");
      List<ProcessHandle> tree = descendants(home);
      tree.forEach(ProcessHandle::destroyForcibly);
      DevProcess.awaitEnd(tree, Duration.ofSeconds(10));
      Path lockFile = home.postgres().resolve("postmaster.pid");
      List<String> lines = new ArrayList<>(Files.readAllLines(lockFile));
      lines.set(0, String.valueOf(ProcessHandle.current().pid()));
      Files.write(lockFile, lines);

      try (PostgresChild postgres = start(home)) {
        assertThat(query(postgres, "SELECT n FROM kept")).isEqualTo("7");
      }
    }
  }

  @Test
  void aServerThatWasLeftBehindIsEnded() throws Exception {
    try (DevHome home = DevHome.open(folder.resolve("home"))) {
      PostgresChild first = start(home);
      query(first, "CREATE TABLE kept AS SELECT 8 AS n; SELECT 1");
      // The guard and the shell are gone, the server is not.
      ProcessHandle server =
          ProcessHandle.of(ChildProcess.readPid(home.run().resolve("postgres.pid")).orElseThrow())
              .orElseThrow();
      ProcessHandle.current()
          .descendants()
          .filter(
              handle -> ChildProcess.hasMark(handle, home.run().resolve("postgres.pid").toString()))
          .forEach(ProcessHandle::destroyForcibly);

      try (PostgresChild postgres = start(home)) {
        assertThat(server.isAlive()).isFalse();
        assertThat(said).anyMatch(line -> line.contains("ended PostgreSQL of an earlier start"));
        assertThat(query(postgres, "SELECT n FROM kept")).isEqualTo("8");
      }
    }
  }

  @Test
  void whatAKilledFirstStartLeftHalfDoneIsMadeAnew() throws Exception {
    try (DevHome home = DevHome.open(folder.resolve("home"))) {
      Files.createDirectories(home.directory().resolve("postgres.new/base"));
      Files.writeString(home.directory().resolve("postgres.new/PG_VERSION"), "18");

      try (PostgresChild postgres = start(home)) {
        assertThat(query(postgres, "SELECT 1")).isEqualTo("1");
      }
    }
  }

  private PostgresChild start(DevHome home) {
    return PostgresChild.start(
        home, Path.of(System.getProperty("user.home"), ".cache", "duckmesh"), said::add);
  }

  private static List<ProcessHandle> descendants(DevHome home) {
    List<ProcessHandle> tree = new ArrayList<>();
    ProcessHandle.current()
        .descendants()
        .filter(
            handle ->
                ChildProcess.hasMark(handle, home.directory().toString())
                    || handle
                        .parent()
                        .map(parent -> ChildProcess.hasMark(parent, home.postgres().toString()))
                        .orElse(false))
        .forEach(tree::add);
    return tree;
  }

  private static String query(PostgresChild postgres, String sql) throws SQLException {
    try (Connection connection =
            DriverManager.getConnection(
                postgres.jdbcUrl(), PostgresChild.USER, postgres.password());
        Statement statement = connection.createStatement()) {
      boolean rows = statement.execute(sql);
      while (!rows) {
        rows = statement.getMoreResults();
      }
      try (ResultSet result = statement.getResultSet()) {
        result.next();
        return result.getString(1);
      }
    }
  }
}
