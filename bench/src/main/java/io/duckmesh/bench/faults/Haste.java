package io.duckmesh.bench.faults;

import java.util.List;

/**
 * What lasts hours in the program lasts seconds in a run, so that what is deleted after days is
 * deleted while somebody looks. The program itself has no switch for these: they are limits, not
 * settings.
 */
final class Haste {
  /** Longer than the half minute that gateways remember what they have read of the catalog. */
  static final int GRACE_SECONDS = 40;

  /** After so long a write or a rewrite that did not end is over, and its objects are garbage. */
  static final int LONGEST_SECONDS = 60;

  private static final String CATALOG = "catalog/src/main/java/io/duckmesh/catalog/";

  static final List<Patch> PATCHES =
      List.of(
          new Patch(
              CATALOG + "upkeep/Garbage.java",
              "LEAST_GRACE = Duration.ofMinutes(5)",
              "LEAST_GRACE = Duration.ofSeconds(%d)".formatted(GRACE_SECONDS)),
          new Patch(
              CATALOG + "upkeep/Garbage.java",
              "SECOND_DELETION = Duration.ofDays(1)",
              "SECOND_DELETION = Duration.ofSeconds(20)"),
          new Patch(
              CATALOG + "upkeep/Rewrites.java",
              "LONGEST_REWRITE = Duration.ofDays(1)",
              "LONGEST_REWRITE = Duration.ofSeconds(%d)".formatted(LONGEST_SECONDS)),
          new Patch(
              CATALOG + "Writes.java",
              "LONGEST_WRITE = Duration.ofDays(1)",
              "LONGEST_WRITE = Duration.ofSeconds(%d)".formatted(LONGEST_SECONDS)),
          new Patch(
              CATALOG + "postgres/JdbiGarbage.java",
              "CLOCKS_DIFFER = Duration.ofHours(1)",
              "CLOCKS_DIFFER = Duration.ofSeconds(10)"),
          new Patch(
              "worker-main/src/main/java/io/duckmesh/worker/ServerSettings.java",
              "Setting.COLLECT_GRACE, 300,",
              "Setting.COLLECT_GRACE, %d,".formatted(GRACE_SECONDS)));

  private Haste() {}
}
