package io.duckmesh.bench.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * Merging, landing, restoring, dropping, expiring and collecting at the same time, while compactors
 * die at step boundaries. The folder of a run that failed is kept.
 */
@EnabledIfSystemProperty(
    named = "duckmesh.faults.upkeep",
    matches = "true",
    disabledReason = "Takes many minutes")
class UpkeepFaultsIT {
  private static final int SECONDS = Integer.getInteger("duckmesh.faults.seconds", 40);
  private static final long FIXED_SEED = 6;
  private static final Path PROJECT = Path.of("..").toAbsolutePath().normalize();

  private static final List<FaultKind> KINDS =
      List.of(
          FaultKind.KILL_AT_STEP,
          FaultKind.KILL_COMPACTOR,
          FaultKind.TERMINATE_WORKFLOWS,
          FaultKind.S3_ERRORS,
          FaultKind.CUT_POSTGRES);

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path folder;

  /** In CI a missing program is a failure. Elsewhere `./mvnw test` packages nothing. */
  @BeforeAll
  static void theProgramIsPackaged() {
    if (System.getenv("CI") == null) {
      Assumptions.assumeTrue(
          Product.isPackaged(PROJECT), "worker-main is not packaged: run ./mvnw verify");
    }
  }

  @Test
  void promisesHoldWhileTablesAreKeptInShape() throws Exception {
    Report report = run(KINDS, null, SECONDS);

    ByteArrayOutputStream text = new ByteArrayOutputStream();
    report.print(new PrintStream(text, true, StandardCharsets.UTF_8));
    String printed = text.toString(StandardCharsets.UTF_8);
    System.out.println(printed);
    assertThat(report.violations()).as(printed).isEmpty();
    assertThat(report.count("restores")).as(printed).isPositive();
    assertThat(report.count("pins")).as(printed).isPositive();
    assertThat(report.count("answers of pinned snapshots")).as(printed).isPositive();
    assertThat(report.faultsByKind()).as(printed).isNotEmpty();
  }

  @Test
  void filesThatStayBesideTheMergedOneAreNoticed() throws Exception {
    Report report = run(List.of(FaultKind.SLOW_S3), Mutant.MERGED_FILES_STAY, 15);

    assertThat(report.violations())
        .extracting(History.Violation::rule)
        .containsAnyOf("DOUBLED", "CONSERVATION", "RESTORED_WRONG");
  }

  @Test
  void collectionThatIgnoresPinsIsNoticed() throws Exception {
    Report report =
        run(
            List.of(FaultKind.KILL_GATEWAY),
            Mutant.COLLECT_IGNORES_PINS,
            Haste.GRACE_SECONDS + (int) Tables.KEEP_SNAPSHOTS.toSeconds() + 20);

    assertThat(report.violations())
        .extracting(History.Violation::rule)
        .containsAnyOf("SNAPSHOT_CHANGED", "PIN_BROKEN", "NO_ANSWER");
  }

  private Report run(List<FaultKind> kinds, @Nullable Mutant mutant, int seconds) throws Exception {
    RunOptions options =
        new RunOptions(PROJECT, folder, seconds, FIXED_SEED, kinds, mutant, null, true);
    return new Harness(options, System.out).run();
  }
}
