package io.duckmesh.worker.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.worker.Program;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MaintenanceCommandsTest {
  private static final String RUN =
      """
      {"run_id":"r-1","number":7,"job":"compact","table":"trips","outcome":"%s","duration_ms":1200,
       "plan":"Merges 60 files","reason":%s,"started_at":"2026-01-31T12:00:00Z",
       "counts":{"files_in":60,"files_out":1,"rows":120,"bytes_in":48213,"bytes_out":3021}}\
      """;

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

  private String lastBody() {
    return gateway.asked().getLast().body();
  }

  @Test
  void compactWaitsForTheEndOfItsRun() {
    gateway.next(
        "POST",
        "/v1/tables/trips/compact",
        "{\"job\":\"compact\",\"table\":\"trips\",\"run_id\":\"r-1\",\"workflow_id\":\"w\"}");
    gateway.next("GET", "/v1/maintenance/runs/r-1", RUN.formatted("running", "null"));
    gateway.next(
        "GET", "/v1/maintenance/runs/r-1", RUN.formatted("succeeded", "\"Nothing is left\""));

    Program.Result result = run("compact", "trips", "--wait");

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.out())
        .contains("Run r-1 of compact of table trips succeeded", "60 files in, 1 out")
        .contains("reason: Nothing is left");
  }

  @Test
  void runThatFailsWhileItIsWaitedForExitsWithOne() {
    gateway.next("GET", "/v1/maintenance/runs/r-1", RUN.formatted("running", "null"));
    gateway.next("GET", "/v1/maintenance/runs/r-1", RUN.formatted("failed", "\"No space\""));

    Program.Result result = run("runs", "r-1", "--wait");

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.out()).contains("reason: No space");
  }

  @Test
  void dryRunShowsAllPagesOfThePlan() {
    String page =
        """
        {"groups":[{"reason":"grows","rows":2,"bytes":9,
                    "files":[{"object_key":"data/%s.parquet","rows":1,"bytes":4}]}],"after":%s}\
        """;
    gateway.next("POST", "/v1/tables/trips/compact", page.formatted("a", "\"1\""));
    gateway.next("POST", "/v1/tables/trips/compact", page.formatted("b", "null"));

    Program.Result result = run("compact", "trips", "--dry-run");

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.out())
        .contains("1      grows   data/a.parquet", "2      grows   data/b.parquet");
    assertThat(lastBody()).contains("\"dry_run\":true").contains("\"after\":\"1\"");
  }

  @Test
  void expireAndCollectShowWhatGoes() {
    gateway.next(
        "POST",
        "/v1/maintenance/expire",
        """
        {"snapshots":[{"snapshot_id":41,"committed_at":"2026-01-31T12:00:00Z","operation":"append"}],
         "files":[{"table":"trips","object_key":"data/old.parquet","rows":3,"bytes":7,"rows_left":true}],
         "after":null}\
        """);
    gateway.next(
        "POST",
        "/v1/maintenance/collect",
        """
        {"marked":[{"object_key":"data/m.parquet","bytes":1}],
         "deleted":[{"object_key":"data/d.parquet","bytes":2}],"after":null}\
        """);

    assertThat(run("expire", "--dry-run").out()).contains("41", "append", "data/old.parquet");
    assertThat(run("collect", "--dry-run").out())
        .contains("mark    data/m.parquet", "delete  data/d.parquet");
  }

  @Test
  void runsAreListedByWhatIsLookedFor() {
    gateway.next(
        "GET",
        "/v1/maintenance/runs?limit=5&job=compact&table=trips&outcome=failed",
        "{\"runs\":[%s],\"before\":7}".formatted(RUN.formatted("failed", "\"No space\"")));

    Program.Result result =
        run("runs", "--limit", "5", "--job", "compact", "--table", "trips", "--outcome", "failed");

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.out()).contains("r-1", "trips", "No space");
    assertThat(result.err()).contains("Older ones: --before 7");
  }

  @Test
  void pinRestoreAndUndropSayWhatTheyDid() {
    gateway.next("PUT", "/v1/pins/q3", "{\"name\":\"q3\",\"snapshot_id\":9,\"expires_at\":null}");
    gateway.next(
        "POST",
        "/v1/tables/trips/restore",
        """
        {"table":"trips","dry_run":false,"snapshot_id":12,"restored_from":9,"rows_before":5,
         "rows_after":3,"files_ended":2,"files_begun":1}\
        """);
    gateway.next("POST", "/v1/tables/trips/undrop", "{\"name\":\"trips\",\"snapshot_id\":14}");

    assertThat(run("pin", "q3", "--snapshot", "9").out()).contains("Pinned snapshot 9 as q3");
    assertThat(lastBody()).isEqualTo("{\"snapshot_id\":9}");
    assertThat(run("restore", "trips", "--snapshot", "9").out())
        .contains("Restored table trips to snapshot 9 as snapshot 12: 5 rows become 3");
    assertThat(run("undrop", "trips").out()).contains("Table trips is back since snapshot 14");
  }

  @Test
  void snapshotsAndPinsAreListed() {
    gateway.next(
        "GET",
        "/v1/snapshots?limit=20",
        """
        {"snapshots":[{"snapshot_id":9,"committed_at":"2026-01-31T12:00:00Z","operation":"compact",
         "pins":["q3"]}],"before":9}\
        """);
    gateway.next(
        "GET",
        "/v1/pins",
        "{\"pins\":[{\"name\":\"q3\",\"snapshot_id\":9,\"created_at\":\"2026-01-31T12:00:00Z\"}]}");
    gateway.next("DELETE", "/v1/pins/q3", "{\"name\":\"q3\"}");

    assertThat(run("snapshots").out()).contains("compact", "q3");
    assertThat(run("pins").out()).contains("q3");
    assertThat(run("unpin", "q3").out()).contains("Removed pin q3");
  }

  @Test
  void policyOfATableIsChangedInPart() {
    gateway.next(
        "PATCH",
        "/v1/tables/trips",
        """
        {"sort_by":["id"],"policy":{"compaction":"01:00-05:00","target_file_bytes":134217728,
         "keep_snapshots":"7d","keep_at_least":10,"row_retention":{"column":"at","keep":"90d"},
         "own":["compaction","row_retention"]}}\
        """);

    Program.Result result =
        run(
            "policy",
            "trips",
            "--compaction",
            "01:00-05:00",
            "--keep-snapshots",
            "-",
            "--keep-rows",
            "90d",
            "--keep-rows-by",
            "at",
            "--sort-by",
            "id");

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(lastBody())
        .isEqualTo(
            "{\"policy\":{\"compaction\":\"01:00-05:00\",\"keep_snapshots\":null,"
                + "\"row_retention\":{\"column\":\"at\",\"keep\":\"90d\"}},\"sort_by\":[\"id\"]}");
    assertThat(result.out()).contains("90d by at", "tenant or default");
  }

  @Test
  void policyOfTheTenantKeepsWhatWasSetBefore() {
    String policy =
        """
        {"compaction":"always","target_file_bytes":134217728,"keep_snapshots":"30d","keep_at_least":10,
         "row_retention":null,"own":["keep_snapshots"]}\
        """;
    gateway.next("GET", "/v1/maintenance/policy", policy);
    gateway.next("PUT", "/v1/maintenance/policy", policy);

    Program.Result result = run("policy", "--keep-at-least", "100");

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(lastBody()).isEqualTo("{\"keep_snapshots\":\"30d\",\"keep_at_least\":100}");
  }

  @Test
  void maintenanceSaysWhatHelps() {
    gateway.next(
        "GET",
        "/v1/maintenance",
        """
        {"tables":[{"table":"trips","files":61,"small_files":60,"ended_files":4,"rows":120,"bytes":9,
                    "write_amplification":1.0,"compaction":"off"}],
         "garbage":{"objects":4,"bytes":9,"due":0,"held":0,"failing":0},
         "schedules":[{"id":"collect","every":"10m","paused":true}],
         "obstacles":[{"what":"60 small files of table trips wait",
                       "because":"Its policy says that files are not merged",
                       "verb":"duckmesh policy trips --compaction always"}]}\
        """);

    Program.Result result = run("maintenance");

    assertThat(result.out())
        .contains("trips", "Garbage: 4 objects", "collect   10m    true")
        .contains("what helps: duckmesh policy trips --compaction always");
  }
}
