package io.duckmesh.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What can not land, from the request to the mended row, with real servers and the real client. */
class QuarantineEndToEndIT {
  private final Stack stack = Stack.shared();

  @TempDir private Path folder;

  @Test
  void rowsThatDoNotFitAreMendedAndReplayedWithTheClient() throws IOException {
    createTable("mended");
    Path file =
        Files.writeString(
            folder.resolve("rows.ndjson"), "{\"id\":1}\n{\"id\":\"two\"}\n{\"id\":3}\n");

    Program.Result sent =
        run("ingest", "mended", file.toString(), "--on-error", "quarantine", "--wait");

    assertThat(sent.exitCode()).as(sent.err()).isZero();
    assertThat(sent.out()).contains("accepted 3, of them visible 2, duplicates 0, quarantined 1");
    String id = String.valueOf(onlyEntry("mended").path("quarantine_id").asLong());
    Program.Result rows = run("quarantine", "show", id, "--rows");
    assertThat(rows.out()).isEqualToNormalizingNewlines("{\"id\":\"two\"}\n");
    Path mended =
        Files.writeString(folder.resolve("mended.ndjson"), rows.out().replace("\"two\"", "2"));
    Program.Result replayed = run("quarantine", "replay", id, "--rows", mended.toString());
    Program.Result again = run("quarantine", "replay", id, "--rows", mended.toString());
    assertThat(replayed.exitCode()).as(replayed.err()).isZero();
    assertThat(again.out()).isEqualTo(replayed.out());
    assertThat(count("mended", token(replayed))).isEqualTo(3);
    // The same file again, since somebody was unsure.
    assertThat(run("ingest", "mended", file.toString(), "--on-error", "quarantine", "--wait").out())
        .contains("had been accepted before");
    assertThat(count("mended", token(replayed))).isEqualTo(3);
  }

  @Test
  void damagedBytesAndADroppedTableDoNotStopOthersAndComeBackOnce() throws Exception {
    createTable("damaged");
    createTable("doomed");
    JsonNode damaged;
    JsonNode doomed;
    try (Connection database = DriverManager.getConnection(stack.settings().database().url());
        Statement statement = database.createStatement()) {
      database.setAutoCommit(false);
      // Nobody can claim until this transaction ends.
      statement.execute("SELECT shard_no FROM bus.shard_claim FOR UPDATE");
      damaged = send("damaged", "{\"id\":1}", "");
      damageNewest(statement, "damaged");
      doomed = send("doomed", "{\"id\":2}", "");
      run("tables", "drop", "doomed");
      database.commit();
    }

    JsonNode later = send("damaged", "{\"id\":3}", "&wait=visible&timeout=30s");

    assertThat(later.path("state").asString()).isEqualTo("visible");
    assertThat(receipt(damaged).path("reasons").path(0).asString())
        .startsWith("Segment is corrupt");
    assertThat(receipt(doomed).path("reasons").path(0).asString()).endsWith("was dropped");
    String corrupt = String.valueOf(onlyEntry("damaged").path("quarantine_id").asLong());
    Program.Result refused = run("quarantine", "replay", corrupt);
    assertThat(refused.err()).contains("REPLAY_NOT_POSSIBLE");
    Path rows = Files.writeString(folder.resolve("rows.ndjson"), "{\"id\":1}\n");
    Program.Result mended = run("quarantine", "replay", corrupt, "--rows", rows.toString());
    run("quarantine", "replay", corrupt, "--rows", rows.toString());
    assertThat(count("damaged", token(mended))).isEqualTo(2);
    createTable("doomed");
    String orphan = String.valueOf(onlyEntry("doomed").path("quarantine_id").asLong());
    Program.Result adopted = run("quarantine", "replay", orphan);
    run("quarantine", "replay", orphan);
    assertThat(count("doomed", token(adopted))).isEqualTo(1);
  }

  private static void damageNewest(Statement statement, String table) throws SQLException {
    int changed =
        statement.executeUpdate(
            """
            UPDATE bus.segment
            SET payload = set_byte(payload, 60, get_byte(payload, 60) # 1)
            WHERE encode(substring(payload FROM 7 FOR 16), 'hex') = (
              SELECT replace(table_id::text, '-', '')
              FROM catalog.tenant_table
              WHERE name = '%s' AND dropped_in IS NULL)
            """
                .formatted(table));
    assertThat(changed).isEqualTo(1);
  }

  private void createTable(String name) {
    stack.post(
        0,
        "/v1/tables",
        "application/json",
        "{\"name\":\"%s\",\"columns\":[{\"name\":\"id\",\"type\":\"BIGINT\"}]}".formatted(name));
  }

  private JsonNode send(String table, String rows, String parameters) {
    return stack.post(
        0,
        "/v1/tables/%s/events?on_error=reject%s".formatted(table, parameters),
        "application/x-ndjson",
        rows);
  }

  private JsonNode receipt(JsonNode sent) {
    return stack.get(
        1,
        "/v1/receipts/%s?wait=visible&timeout=30s".formatted(sent.path("receipt_id").asString()));
  }

  private JsonNode onlyEntry(String table) {
    String path = "/v1/quarantine?state=quarantined&table=" + table;
    Stack.await(
        "entry of " + table,
        Duration.ofSeconds(30),
        () -> !stack.get(0, path).path("entries").isEmpty());
    JsonNode entries = stack.get(0, path).path("entries");
    assertThat(entries).hasSize(1);
    return entries.path(0);
  }

  private long count(String table, String token) {
    JsonNode answer =
        stack.post(
            1,
            "/v1/query",
            "application/json",
            """
            {"sql":"SELECT count(*) FROM %s","min_visibility_token":"%s","wait_timeout_ms":30000}
            """
                .formatted(table, token));
    return answer.path("rows").path(0).path(0).asLong();
  }

  private static String token(Program.Result result) {
    assertThat(result.exitCode()).as(result.err()).isZero();
    return result
        .out()
        .lines()
        .filter(line -> line.startsWith("token:"))
        .map(line -> line.substring("token:".length()).strip())
        .findFirst()
        .orElseThrow();
  }

  private Program.Result run(String... arguments) {
    return Program.run(folder, stack.environment(), arguments);
  }
}
