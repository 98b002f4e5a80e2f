package io.duckmesh.bench.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * A minute of faults each; {@code bench/faults} runs as long as one likes. The folder of a run that
 * failed is kept.
 */
class FaultsIT {
  private static final int SECONDS = Integer.getInteger("duckmesh.faults.seconds", 60);
  private static final long FIXED_SEED = 4;
  private static final Path PROJECT = Path.of("..").toAbsolutePath().normalize();

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
  void promisesHoldWithFixedSeed() throws Exception {
    assertThatPromisesHold(FIXED_SEED);
  }

  @Test
  void promisesHoldWithRandomSeed() throws Exception {
    assertThatPromisesHold(System.nanoTime() % 1_000_000_000);
  }

  @Test
  void eventKeysThatAreForgottenAreNoticed() throws Exception {
    RunOptions options =
        new RunOptions(
            PROJECT,
            folder,
            10,
            FIXED_SEED,
            List.of(FaultKind.SLOW_S3),
            Mutant.EVENT_KEYS_FORGOTTEN,
            null,
            false);

    Report report = new Harness(options, System.out).run();

    assertThat(report.violations())
        .extracting(History.Violation::rule)
        .as("rules broken by %s", options.command())
        .contains("DOUBLED");
  }

  private void assertThatPromisesHold(long seed) throws Exception {
    RunOptions options =
        new RunOptions(
            PROJECT, folder, SECONDS, seed, List.of(FaultKind.values()), null, null, false);

    Report report = new Harness(options, System.out).run();

    ByteArrayOutputStream text = new ByteArrayOutputStream();
    report.print(new PrintStream(text, true, StandardCharsets.UTF_8));
    String printed = text.toString(StandardCharsets.UTF_8);
    System.out.println(printed);
    assertThat(report.violations()).as(printed).isEmpty();
    assertThat(report.faultsByKind()).as(printed).isNotEmpty();
    assertThat(report.acknowledgedRows()).as(printed).isPositive();
    assertThat(Files.size(folder.resolve("history.jsonl"))).isPositive();
  }
}
