package io.duckmesh.worker.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.worker.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuarantineCommandTest {
  private static final String ENTRY =
      """
      {"quarantine_id":17,"table":"t","table_id":"x","shard":"s0","position":3,"row_count":2,"size_bytes":90,
       "reason":"2 rows do not fit","state":"%s","accepted_at":"2026-01-31T12:00:00Z",
       "quarantined_at":"2026-01-31T12:00:01Z","replayed_at":%s,"dropped_at":null,"replay":%s}""";

  private final FakeGateway gateway = new FakeGateway();

  @TempDir private Path folder;

  @AfterEach
  void stopGateway() {
    gateway.close();
  }

  @Test
  void listShowsWhatWaitsUnlessAskedForMore() {
    gateway.quarantine(
        "GET",
        "?limit=100&state=quarantined",
        "{\"entries\":[%s],\"before\":17}".formatted(waiting()));
    gateway.quarantine("GET", "?limit=5&table=t&before=17", "{\"entries\":[],\"before\":null}");

    Program.Result first = run("quarantine", "list");
    Program.Result second =
        run(
            "quarantine",
            "list",
            "--state",
            "all",
            "--table",
            "t",
            "--limit",
            "5",
            "--before",
            "17");

    assertThat(first.exitCode()).as(first.err()).isZero();
    assertThat(first.out()).contains("17", "quarantined", "2 rows do not fit");
    assertThat(first.err()).contains("Older ones: --before 17");
    assertThat(second.err()).contains("There is nothing in quarantine that fits");
  }

  @Test
  void showPrintsTheEntryItsRowsAndWhatIsWrong() {
    gateway.quarantine(
        "GET",
        "/17",
        """
        {"entry":%s,"schema_version":1,"unreadable":null,"next_offset":null,
         "rows":[{"row":2,"raw":"{\\"id\\":\\n\\"x\\"}","errors":[{"column":"id","value":"x","rule":"BIGINT is a number"}]}]}"""
            .formatted(waiting()));

    Program.Result result = run("quarantine", "show", "17");

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.out())
        .contains(
            "quarantine_id: 17", "schema_version: 1", "id: BIGINT is a number", "{\"id\": \"x\"}");
  }

  @Test
  void rowsArePrintedToTheLastOneALine() {
    gateway.quarantine("GET", "/17?limit=1000&offset=0", rows("{\\\"id\\\":1}", "1000"));
    gateway.quarantine("GET", "/17?limit=1000&offset=1000", rows("{\\\"id\\\":2}", "null"));

    Program.Result result = run("quarantine", "show", "17", "--rows");

    assertThat(result.out()).isEqualToNormalizingNewlines("{\"id\":1}\n{\"id\":2}\n");
  }

  @Test
  void replaySendsMendedRowsAndPrintsReceiptAndToken() throws IOException {
    Path rows = Files.writeString(folder.resolve("rows.ndjson"), "{\"id\":1}\n");
    gateway.quarantine(
        "POST",
        "/17/replay?table=u",
        ENTRY.formatted(
            "replayed",
            "\"2026-01-31T13:00:00Z\"",
            "{\"receipt_id\":\"dmr_1\",\"token\":\"dmt_1\",\"table\":\"u\",\"accepted\":1}"));

    Program.Result result =
        run("quarantine", "replay", "17", "--rows", rows.toString(), "--table", "u");

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(gateway.quarantine().getFirst().body()).isEqualTo("{\"id\":1}\n");
    assertThat(result.out())
        .contains("entry 17 was replayed at 2026-01-31T13:00:00Z: 1 row of table u")
        .contains("receipt: dmr_1")
        .contains("token:   dmt_1");
  }

  @Test
  void rowsGoWithOneEntryOnly() throws IOException {
    Path rows = Files.writeString(folder.resolve("rows.ndjson"), "{\"id\":1}\n");

    Program.Result result = run("quarantine", "replay", "17", "18", "--rows", rows.toString());

    assertThat(result.exitCode()).isOne();
    assertThat(result.err()).contains("--rows goes with one entry, these are 2");
    assertThat(gateway.quarantine()).isEmpty();
  }

  @Test
  void dropSaysWhatWentAndRefusalsSayWhy() {
    gateway.quarantine("DELETE", "/17", ENTRY.formatted("dropped", "null", "null"));

    Program.Result dropped = run("quarantine", "drop", "17");
    Program.Result absent = run("quarantine", "drop", "18");

    assertThat(dropped.out()).contains("entry 17 was dropped").contains("2 rows");
    assertThat(absent.exitCode()).isOne();
    assertThat(absent.err()).contains("QUARANTINE_NOT_FOUND");
  }

  @Test
  void ingestAsksForQuarantineAndSaysWhatWentThere() throws IOException {
    Path file = Files.writeString(folder.resolve("t.ndjson"), "{\"id\":1}\n{\"id\":\"x\"}\n");
    gateway.nextEvents(
        202,
        Map.of(),
        "{\"receipt_id\":\"r1\",\"token\":\"dmt_1\",\"state\":\"accepted\",\"accepted\":2,\"quarantined\":1}");

    Program.Result result = run("ingest", "t", file.toString(), "--on-error", "quarantine");
    Program.Result wrong = run("ingest", "t", file.toString(), "--on-error", "ignore");

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(gateway.events().getFirst().query()).isEqualTo("on_error=quarantine");
    assertThat(result.out())
        .contains("1 row in quarantine; look with: duckmesh quarantine list --table t");
    assertThat(wrong.err()).contains("--on-error is ignore, possible: reject, quarantine");
  }

  private static String waiting() {
    return ENTRY.formatted("quarantined", "null", "null");
  }

  private static String rows(String raw, String nextOffset) {
    return """
        {"entry":%s,"schema_version":1,"unreadable":null,"next_offset":%s,"rows":[{"row":1,"raw":"%s","errors":[]}]}"""
        .formatted(waiting(), nextOffset, raw);
  }

  private Program.Result run(String... arguments) {
    List<String> all = new ArrayList<>(Arrays.asList(arguments));
    return Program.run(
        folder,
        Map.of("DUCKMESH_URL", gateway.url(), "DUCKMESH_KEY", "k"),
        all.toArray(String[]::new));
  }
}
