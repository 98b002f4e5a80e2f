package io.duckmesh.worker.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.worker.Program;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClientCommandsTest {
  private final FakeGateway gateway = new FakeGateway();

  @TempDir private Path folder;

  @AfterEach
  void stopGateway() {
    gateway.close();
  }

  @Test
  void ingestSendsChunksAndSaysWhatWasAccepted() throws IOException {
    Path file =
        Files.writeString(folder.resolve("rows.ndjson"), "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n");

    Program.Result result = run("ingest", "t", file.toString(), "--chunk-rows", "2");

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.out()).contains("3 rows in 2 requests").contains("token:   dmt_1");
    assertThat(gateway.events())
        .extracting(FakeGateway.Asked::body)
        .containsExactlyInAnyOrder("{\"a\":1}\n{\"a\":2}\n", "{\"a\":3}\n");
    assertThat(gateway.events()).extracting(FakeGateway.Asked::key).containsOnly("Bearer dm_key");
  }

  @Test
  void aDamagedFileIsNamedWithWhatOfItWasAccepted() throws IOException {
    ByteArrayOutputStream zipped = new ByteArrayOutputStream();
    try (GZIPOutputStream zip = new GZIPOutputStream(zipped)) {
      zip.write("{\"a\":1}\n{\"a\":2}\n".getBytes(StandardCharsets.UTF_8));
    }
    zipped.writeBytes("junk".getBytes(StandardCharsets.UTF_8));
    Path file = Files.write(folder.resolve("rows.ndjson.gz"), zipped.toByteArray());

    Program.Result result = run("ingest", "t", file.toString(), "--chunk-rows", "1");

    assertThat(result.exitCode()).isNotZero();
    assertThat(result.err())
        .contains("Cannot read " + file + " to its end: ")
        .contains("Nothing of it was accepted");
  }

  @Test
  void aPipeThatHasANameIsReadLikeStandardInput() throws Exception {
    Path pipe = folder.resolve("pipe");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();

    for (int time = 0; time < 2; time++) {
      Thread writer =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      Files.writeString(pipe, "{\"a\":1}\n", StandardOpenOption.WRITE);
                    } catch (IOException e) {
                      throw new UncheckedIOException(e);
                    }
                  });
      Program.Result result = run("ingest", "t", pipe.toString());
      writer.join();

      assertThat(result.exitCode()).as(result.err()).isZero();
    }

    assertThat(gateway.events())
        .extracting(FakeGateway.Asked::body)
        .containsExactly("{\"a\":1}\n", "{\"a\":1}\n");
    // The same line sent twice is two events.
    assertThat(gateway.events())
        .extracting(FakeGateway.Asked::idempotencyKey)
        .doesNotHaveDuplicates();
  }

  @Test
  void aFolderIsNotIngested() throws IOException {
    Program.Result result = run("ingest", "t", folder.toString());

    assertThat(result.exitCode()).isNotZero();
    assertThat(result.err()).contains(folder + " is a folder");
  }

  @Test
  void afterTheWaitTheSummaryAddsUpWhatBecameOfTheRows() throws IOException {
    gateway.nextLanded("r1", "s0", 1, 2, 1);
    gateway.nextLanded("r2", "s0", 2, 1, 1);

    Program.Result result = ingestThreeRows("--wait");

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.out())
        .contains(
            "accepted 3, of them visible 1, duplicates 2, quarantined 0 (at snapshot 7, after");
    assertThat(tokens(result)).containsExactly("dmt_r2");
  }

  @Test
  void aRepeatedLoadSaysThatNothingWasAdded() throws IOException {
    gateway.nextReplayed("r1", 2);
    gateway.nextLanded("r2", "s0", 2, 1, 0);

    Program.Result result = ingestThreeRows();

    assertThat(result.out())
        .contains("1 of 2 requests had been accepted before: nothing was added for it");
  }

  @Test
  void aLoadOntoOneShardNeedsTheTokenOfItsLastRequestOnly() throws IOException {
    gateway.nextEvents(202, Map.of(), "{\"receipt_id\":\"r1\",\"token\":\"dmt_1\",\"accepted\":2}");
    gateway.nextEvents(202, Map.of(), "{\"receipt_id\":\"r2\",\"token\":\"dmt_2\",\"accepted\":1}");

    assertThat(tokens(ingestThreeRows())).containsExactly("dmt_2");
  }

  @Test
  void theTokensOfALoadCoverAllItsShards() throws IOException {
    gateway.manyShards();
    gateway.nextLanded("r1", "s0", 5, 2, 0);
    gateway.nextLanded("r2", "s1", 3, 1, 0);

    assertThat(tokens(ingestThreeRows("--wait"))).containsExactly("dmt_r1", "dmt_r2");
  }

  @Test
  void aRepeatedLoadNeedsTheTokenOfTheHighestPositionOnly() throws IOException {
    gateway.nextReplayed("r1", 2);
    gateway.nextReplayed("r2", 1);
    gateway.landed("r1", "s0", 9, 2, 0);
    gateway.landed("r2", "s0", 8, 1, 0);

    assertThat(tokens(ingestThreeRows())).containsExactly("dmt_r1");
  }

  @Test
  void sameRowsAtTheSamePlaceHaveTheSameKeyUnderAnyNamePackedOrNotUnlessTheRunIsNamed()
      throws IOException {
    Path file = Files.writeString(folder.resolve("rows.ndjson"), "{\"a\":1}\n");
    Path packed = folder.resolve("copy.ndjson.gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(packed))) {
      Files.copy(file, out);
    }

    run("ingest", "t", file.toString());
    run("ingest", "t", packed.toString());
    run("ingest", "t", file.toString(), "--run", "again");

    List<String> keys = gateway.events().stream().map(FakeGateway.Asked::idempotencyKey).toList();
    assertThat(keys.get(0)).startsWith("cli-").isEqualTo(keys.get(1)).isNotEqualTo(keys.get(2));
  }

  @Test
  void sameRowsTwiceInOneFileAreTwoRequests() throws IOException {
    Path file = Files.writeString(folder.resolve("rows.ndjson"), "{\"a\":1}\n{\"a\":1}\n");

    run("ingest", "t", file.toString(), "--chunk-rows", "1");

    assertThat(gateway.events())
        .hasSize(2)
        .extracting(FakeGateway.Asked::idempotencyKey)
        .doesNotHaveDuplicates();
  }

  @Test
  void anInterruptedPipeSaysWhatWasAcceptedAndHowToGoOn() throws Exception {
    Path err = folder.resolve("err.txt");
    Process process =
        Program.builder(
                folder,
                Map.of("DUCKMESH_URL", gateway.url(), "DUCKMESH_KEY", "dm_key"),
                List.of(),
                "ingest",
                "t",
                "--chunk-bytes",
                "8")
            .redirectError(err.toFile())
            .start();
    // The line that follows is more than the client reads ahead.
    List<String> lines = List.of("{\"a\":1}", "{\"a\":2}", "x".repeat(1 << 17));
    try (OutputStream in = process.getOutputStream()) {
      in.write(String.join("\n", lines).getBytes(StandardCharsets.UTF_8));
      in.flush();
      long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
      while (gateway.events().size() < 2) {
        assertThat(System.nanoTime()).as(Files.readString(err)).isLessThan(deadline);
        LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
      }

      process.destroy();

      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(process.exitValue()).isEqualTo(143);
    assertThat(Files.readString(err))
        .contains("Interrupted. Accepted were 2 rows: lines 1 to 2.")
        .contains("To go on, send what follows line 2.");
  }

  @Test
  void aRefusalThatMayPassIsTriedAgainWithTheSameKeyAfterTheTimeThatTheGatewayNames()
      throws IOException {
    Path file = Files.writeString(folder.resolve("rows.ndjson"), "{\"a\":1}\n");
    gateway.nextEvents(
        503,
        Map.of("Retry-After", "1"),
        "{\"error_code\":\"BACKLOG_FULL\",\"detail\":\"Too much\",\"retryable\":true}");

    long began = System.nanoTime();
    Program.Result result = run("ingest", "t", file.toString());

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(System.nanoTime() - began).isGreaterThan(1_000_000_000L);
    assertThat(result.err()).contains("BACKLOG_FULL: Too much. Trying again in 1.");
    assertThat(gateway.events()).hasSize(2);
    assertThat(gateway.events())
        .extracting(FakeGateway.Asked::idempotencyKey)
        .containsOnly(gateway.events().getFirst().idempotencyKey());
  }

  @Test
  void badRowsAreNamedByTheirLinesInTheFile() throws IOException {
    Path file =
        Files.writeString(folder.resolve("rows.ndjson"), "{\"a\":1}\n{\"a\":2}\n\n{\"a\":\"x\"}\n");
    gateway.nextEvents(202, Map.of(), "{\"receipt_id\":\"r\",\"token\":\"t\",\"accepted\":2}");
    gateway.nextEvents(
        422,
        Map.of(),
        """
        {"error_code":"SCHEMA_MISMATCH","detail":"One value does not fit","retryable":false,
         "context":{"error_count":1,"errors":[{"row":2,"column":"a","value":"x","rule":"INTEGER"}]}}""");

    Program.Result result =
        run("ingest", "t", file.toString(), "--chunk-rows", "2", "--in-flight", "1");

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err())
        .contains("line 4, column a: INTEGER, found x")
        .contains("Lines 3 to 4 were not accepted")
        .contains("Accepted were lines 1 to 2.")
        .contains("SCHEMA_MISMATCH: One value does not fit");
  }

  @Test
  void queryPrintsAnAlignedTable() {
    gateway.queries(
        200,
        "application/json",
        """
        {"snapshot_id":7,"columns":[{"name":"carrier","type":"VARCHAR"},{"name":"n","type":"BIGINT"}],
         "rows":[["UA",10],[null,7]],"row_count":2}""");

    Program.Result result =
        run(
            "query",
            "SELECT 1",
            "--format",
            "table",
            "--param",
            "5",
            "--param",
            "x",
            "--snapshot",
            "7");

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.out())
        .isEqualTo(
            """
            carrier   n
            -------  --
            UA       10
            NULL      7
            """);
    assertThat(result.err()).contains("(2 rows at snapshot 7)");
    assertThat(gateway.queries().getFirst().body())
        .isEqualTo("{\"sql\":\"SELECT 1\",\"params\":[5,\"x\"],\"snapshot_id\":7}");
  }

  @Test
  void queryPassesOtherFormatsThrough() {
    gateway.queries(200, "text/csv", "a,b\n1,2\n");

    assertThat(run("query", "SELECT 1").out()).isEqualTo("a,b\n1,2\n");
  }

  @Test
  void answerThatWasCutIsSaidOnStandardError() {
    gateway.queries(Map.of("X-DuckMesh-Truncated", "true"), "a\n1\n");
    assertThat(run("query", "SELECT 1", "--format", "csv").err()).contains("a limit has cut");

    gateway.queries(Map.of("X-DuckMesh-Truncated", "false"), "a\n1\n");
    assertThat(run("query", "SELECT 1", "--format", "arrow").err()).isEmpty();

    // The list of queries has it a moment later.
    gateway.queries(Map.of("X-DuckMesh-Query", "q-1"), "a\n1\n");
    gateway.nextTracked("GET", "/q-1", "{\"state\":\"running\"}");
    gateway.nextTracked("GET", "/q-1", "{\"state\":\"succeeded\",\"truncated\":true}");
    Program.Result result = run("query", "SELECT 1", "--format", "parquet");
    assertThat(result.exitCode()).isZero();
    assertThat(result.out()).isEqualTo("a\n1\n");
    assertThat(result.err()).contains("a limit has cut");
  }

  @Test
  void refusalsEndWithTheGatewaysOwnExplanation() {
    gateway.queries(
        400,
        "application/problem+json",
        "{\"error_code\":\"QUERY_REJECTED\",\"detail\":\"There is no column x\"}");

    Program.Result result = run("query", "SELECT x");

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err()).isEqualTo("duckmesh: QUERY_REJECTED: There is no column x\n");
  }

  @Test
  void nobodyThereIsSaidWithWhatToDo() {
    gateway.close();

    Program.Result result = run("tables", "list");

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err()).contains("No gateway answers at").contains("duckmesh dev");
  }

  @Test
  void theDevInstanceOfAFolderAboveIsFound() throws IOException {
    new ClientFile(gateway.url(), "dm_dev")
        .write(Files.createDirectory(folder.resolve(ClientFile.DEFAULT_HOME)));
    Path below = Files.createDirectories(folder.resolve("a/b"));

    Program.Result result = Program.run(below, Map.of(), "ingest", "t", file("{\"a\":1}\n"));

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(gateway.events()).extracting(FakeGateway.Asked::key).containsOnly("Bearer dm_dev");
  }

  @Test
  void theKeyOfTheDevInstanceGoesNowhereElse() throws IOException {
    new ClientFile("http://127.0.0.1:1", "dm_dev")
        .write(Files.createDirectory(folder.resolve(ClientFile.DEFAULT_HOME)));

    Program.run(folder, Map.of(), "ingest", "t", file("{\"a\":1}\n"), "--url", gateway.url());

    assertThat(gateway.events()).extracting(FakeGateway.Asked::key).containsOnly("null");
  }

  @Test
  void theKeyOfTheDevInstanceIsPrintedForOtherClients() throws IOException {
    Program.Result none = Program.run(folder, Map.of(), "keys", "show");
    new ClientFile(gateway.url(), "dm_dev")
        .write(Files.createDirectory(folder.resolve(ClientFile.DEFAULT_HOME)));

    Program.Result shown = Program.run(folder, Map.of(), "keys", "show");

    assertThat(none.exitCode()).isEqualTo(1);
    assertThat(none.err()).contains("No dev instance has its home in this folder or above");
    assertThat(shown.out()).isEqualTo("dm_dev\n");
  }

  private static String verifyRun(String state, String findings) {
    return """
        {"run_id":"r1","state":"%s","snapshot_id":7,"shards":4,"files":12,"bytes":345,
         "finding_count":%d,"findings":[%s]}"""
        .formatted(state, findings.isEmpty() ? 0 : 1, findings);
  }

  @Test
  void verifyWaitsAndPrintsThatAllIsWell() {
    gateway.nextVerify(verifyRun("running", ""));
    gateway.nextVerify(verifyRun("running", ""));
    gateway.nextVerify(verifyRun("passed", ""));

    Program.Result result = run("verify", "--wait");

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.out())
        .isEqualTo(
            "Verify run r1 passed: 4 shards, 12 files, 345 bytes at snapshot 7, 0 findings\n");
    assertThat(gateway.verify())
        .extracting(asked -> asked.method() + " " + asked.path())
        .containsExactly("POST /v1/verify", "GET /v1/verify/r1", "GET /v1/verify/r1");
  }

  @Test
  void verifyPrintsFindingsAndFails() {
    gateway.nextVerify(verifyRun("running", ""));
    gateway.nextVerify(
        verifyRun(
            "failed",
            "{\"kind\":\"file_missing\",\"subject\":\"a.parquet\",\"detail\":\"It is gone\"}"));

    Program.Result result = run("verify", "--wait");

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.out())
        .contains("Verify run r1 failed", "1 findings")
        .containsPattern("file_missing +a.parquet +It is gone");
  }

  @Test
  void verifyThatDidNotComeToItsEndFails() {
    gateway.nextVerify(verifyRun("abandoned", ""));

    assertThat(run("verify", "--run", "r1").exitCode()).isEqualTo(1);
  }

  @Test
  void verifyIsStartedWithoutWaiting() {
    gateway.nextVerify(verifyRun("running", ""));

    Program.Result result = run("verify");

    assertThat(result.exitCode()).isZero();
    assertThat(result.out()).isEqualTo("Started verify run r1\n");
    assertThat(gateway.verify()).hasSize(1);
  }

  @Test
  void everyCommandAndOptionIsDescribed() {
    assertThat(Program.run(folder, Map.of(), "--help").out())
        .contains("dev", "server", "keys", "demo", "tables", "ingest", "query", "receipts", "lag");
    assertThat(Program.run(folder, Map.of(), "server", "--help").out())
        .contains("--database-url", "DUCKMESH_DATABASE_URL");
  }

  private String file(String text) throws IOException {
    return Files.writeString(folder.resolve("rows.ndjson"), text).toString();
  }

  /** Sends two requests, one after the other. */
  private Program.Result ingestThreeRows(String... more) throws IOException {
    List<String> arguments =
        new ArrayList<>(List.of("ingest", "t", file("{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n")));
    arguments.addAll(List.of("--chunk-rows", "2", "--in-flight", "1"));
    arguments.addAll(List.of(more));
    return run(arguments.toArray(String[]::new));
  }

  private static List<String> tokens(Program.Result result) {
    assertThat(result.exitCode()).as(result.err()).isZero();
    return result
        .out()
        .lines()
        .filter(line -> line.startsWith("token:"))
        .map(line -> line.substring("token:".length()).strip())
        .toList();
  }

  private Program.Result run(String... arguments) {
    return Program.run(
        folder, Map.of("DUCKMESH_URL", gateway.url(), "DUCKMESH_KEY", "dm_key"), arguments);
  }
}
