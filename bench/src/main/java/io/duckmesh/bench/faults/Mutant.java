package io.duckmesh.bench.faults;

import java.util.List;
import java.util.Locale;

/**
 * A part of the program that can be broken on purpose, to see that the harness notices. The program
 * itself knows nothing of it: its source is compiled with one text for another, and the classes
 * that come of it stand before the packaged ones on the class path.
 */
enum Mutant {
  /** Two workers that hold the same positions can both commit. */
  NO_COMPARE_AND_SET(
      new Patch(Texts.COMMIT, "AND s.watermark = w.after_position", ""),
      new Patch(Texts.COMMIT, "AND s.watermark = r.after_position", ""),
      new Patch(Texts.COMMIT, "               prepared_day\n        FROM ready", Texts.TWICE)),

  /** A batch is acknowledged to the log when it is written, and committed only later. */
  ACK_BEFORE_COMMIT(
      new Patch(
          "activities/src/main/java/io/duckmesh/activities/materialize/MaterializeActivitiesImpl.java",
          "metrics.written(batch.shard(), Duration.ofMillis(took));",
          "metrics.written(batch.shard(), Duration.ofMillis(took)); acknowledge(batch);")),

  /** The gateway does not see the header. */
  REQUEST_KEYS_IGNORED(
      new Patch(
          "api/src/main/java/io/duckmesh/api/ingest/IngestRequest.java",
          "getHeaders(\"Idempotency-Key\")",
          "getHeaders(\"Another-Header\")")),

  /** The ledger finds no key that has landed. */
  EVENT_KEYS_FORGOTTEN(
      new Patch(
          "catalog/src/main/java/io/duckmesh/catalog/postgres/EventKeyDao.java",
          "AND w.state = 'committed'",
          "AND w.state = 'forgotten'")),

  /** A snapshot has the files of later ones. */
  SNAPSHOT_GROWS(
      new Patch(
          "catalog/src/main/java/io/duckmesh/catalog/postgres/SnapshotDao.java",
          "AND begin_snapshot <= :snapshotId\n        AND (end_snapshot",
          "AND begin_snapshot <= :snapshotId + 100000\n        AND (end_snapshot")),

  /** A rewrite is published although files that it replaces live no more. */
  REWRITE_UNCHECKED(
      new Patch(Texts.POSTGRES + "PublishStatement.java", "AND r.input_count = (", "AND 0 <= (")),

  /** What files were merged stay beside the merged one. */
  MERGED_FILES_STAY(
      new Patch(
          Texts.POSTGRES + "PublishStatement.java",
          "SET end_snapshot = r.snapshot_id\n",
          "SET end_snapshot = NULL\n")),

  /** Files that only pinned snapshots have are garbage. */
  COLLECT_IGNORES_PINS(
      new Patch(
          Texts.POSTGRES + "GarbageDao.java",
          "FROM catalog.dead_span d\n        JOIN catalog",
          Texts.DEAD_WITHOUT_PINS)),

  /** Pinned snapshots expire like others. */
  EXPIRY_IGNORES_PINS(
      new Patch(
          Texts.POSTGRES + "SnapshotDao.java",
          "AND p.snapshot_id = s.snapshot_id) AS readable",
          "AND p.snapshot_id = -s.snapshot_id) AS readable"));

  private final List<Patch> patches;

  Mutant(Patch... patches) {
    this.patches = List.of(patches);
  }

  /** What is changed in the program. */
  List<Patch> patches() {
    return patches;
  }

  /** The mutant of that name, as {@link #toString} writes it. */
  static Mutant named(String name) {
    return valueOf(name.toUpperCase(Locale.ROOT).replace('-', '_'));
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Texts of the program and what is put in their place. */
  private static final class Texts {
    static final String POSTGRES = "catalog/src/main/java/io/duckmesh/catalog/postgres/";
    static final String COMMIT = POSTGRES + "CommitStatement.java";

    /** The same positions may land twice. */
    static final String TWICE =
        "               prepared_day\n        FROM ready ON CONFLICT DO NOTHING";

    /** {@code dead_span} as it would be if nothing could be pinned. */
    static final String DEAD_WITHOUT_PINS =
        """
        FROM (
                  SELECT t.tenant_id, s.object_key, s.restored_in, s.table_id, s.size_bytes,
                         s.begin_snapshot, s.end_snapshot
                  FROM catalog.tenant_table t
                  JOIN catalog.data_file s USING (table_id)
                  WHERE s.end_snapshot <= t.history_from
                ) d
                JOIN catalog""";

    private Texts() {}
  }
}
