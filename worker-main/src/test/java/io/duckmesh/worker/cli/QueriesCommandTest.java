package io.duckmesh.worker.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.worker.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class QueriesCommandTest {
  private static final String QUERY =
      """
      {"query_id":"q-1","mode":"async","state":"%s","outcome":%s,"key_id":"k","key_label":"dashboard",
       "sql":"SELECT 1\\n  FROM t","submitted_at":"2026-01-31T12:00:00Z","elapsed_ms":12.5,"row_count":3}""";
  private static final String SUCCEEDED = QUERY.formatted("succeeded", "\"ok\"");
  private static final String RUNNING = QUERY.formatted("running", "null");

  private final FakeGateway gateway = new FakeGateway();

  @TempDir private Path folder;

  @AfterEach
  void stopGateway() {
    gateway.close();
  }

  private Program.Result run(String... arguments) {
    return Program.run(
        folder, Map.of("DUCKMESH_URL", gateway.url(), "DUCKMESH_KEY", "dm_secret"), arguments);
  }

  @Test
  void asynchronousQueryPrintsNothingButItsId() {
    gateway.nextTracked("POST", "", QUERY.formatted("queued", "null"));

    Program.Result result =
        run("query", "--async", "--format", "arrow", "SELECT ? AS n", "--param", "7");

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.out().strip()).isEqualTo("q-1");
    JsonNode asked = Gateway.JSON.readTree(gateway.tracked().getFirst().body());
    assertThat(asked.get("format").asString()).isEqualTo("arrow");
    assertThat(asked.get("params").toString()).isEqualTo("[7]");
  }

  @Test
  void listShowsWhatFits() {
    gateway.nextTracked(
        "GET",
        "?limit=5&state=succeeded&slower_than=1s",
        "{\"queries\":[%s],\"before\":\"abc\"}".formatted(SUCCEEDED));

    Program.Result result =
        run("queries", "list", "--limit", "5", "--state", "succeeded", "--slower-than", "1s");

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.out()).contains("q-1", "succeeded", "dashboard", "SELECT 1 FROM t");
    assertThat(result.err()).contains("Older ones: --before abc");
  }

  @Test
  void resultIsWaitedForAndWrittenAsItIs() throws IOException {
    gateway.nextTracked("GET", "/q-1?wait=finished&timeout=30s", RUNNING);
    gateway.nextTracked("GET", "/q-1?wait=finished&timeout=30s", SUCCEEDED);
    gateway.nextTracked("GET", "/q-1/result", "a,b\r\n1,2\r\n");

    Program.Result result = run("queries", "result", "q-1", "--wait", "--output", "result.csv");

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(Files.readString(folder.resolve("result.csv"))).isEqualTo("a,b\r\n1,2\r\n");
  }

  @Test
  void resultThatWasCutIsSaidOnStandardError() {
    gateway.nextTracked("GET", "/q-1/result", "a,b\r\n");
    gateway.trackedHeaders(Map.of("X-DuckMesh-Truncated", "true"));

    Program.Result result = run("queries", "result", "q-1");

    assertThat(result.exitCode()).isZero();
    assertThat(result.out()).isEqualTo("a,b\r\n");
    assertThat(result.err()).contains("a limit has cut");
  }

  @Test
  void tableIsNoFormatOfAKeptResult() {
    Program.Result result = run("query", "--async", "--format", "table", "SELECT 1");

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err()).contains("json, ndjson, csv, arrow or parquet");
    assertThat(gateway.tracked()).isEmpty();
  }

  @Test
  void showThatWaitsForAFailureExitsWithOne() {
    gateway.nextTracked(
        "GET", "/q-1?wait=finished&timeout=30s", QUERY.formatted("failed", "\"query_timeout\""));

    Program.Result result = run("queries", "show", "q-1", "--wait");

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.out()).contains("query_timeout");
  }

  @Test
  void cancelSaysWhatBecameOfTheQuery() {
    gateway.nextTracked("DELETE", "/q-1", RUNNING);
    gateway.nextTracked("DELETE", "/q-1", QUERY.formatted("cancelled", "\"query_cancelled\""));

    assertThat(run("queries", "cancel", "q-1").err()).contains("Query q-1 is being cancelled");
    assertThat(run("queries", "cancel", "q-1").err()).contains("Query q-1 is cancelled");
    Program.Result unknown = run("queries", "cancel", "q-1");
    assertThat(unknown.exitCode()).isEqualTo(1);
    assertThat(unknown.err()).contains("QUERY_NOT_FOUND");
  }
}
