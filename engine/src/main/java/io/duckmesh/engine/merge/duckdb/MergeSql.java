package io.duckmesh.engine.merge.duckdb;

import static io.duckmesh.engine.query.duckdb.process.FieldIdSchema.literal;
import static java.util.stream.Collectors.joining;

import io.duckmesh.engine.merge.MergeOrder;
import io.duckmesh.engine.merge.RowCutoff;
import io.duckmesh.engine.parquet.DataFileOptions;
import io.duckmesh.engine.query.duckdb.process.FieldIdSchema;
import io.duckmesh.engine.schema.Column;
import io.duckmesh.engine.schema.ColumnType.Primitive;
import io.duckmesh.engine.schema.Identifiers;
import io.duckmesh.engine.schema.RowSchema;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

/**
 * All SQL of merges. Columns are read under names made of their field ids, so that no name of a
 * table's column meets one of DuckDB's own.
 */
final class MergeSql {
  /** DuckDB's times reach further than this many seconds from 1970. */
  private static final long FARTHEST_SECONDS = 9_000_000_000_000L;

  private static final long SECONDS_PER_DAY = 86_400;

  private MergeSql() {}

  /**
   * Prepares an instance that reads and writes files of one folder only.
   *
   * @param folder the only folder whose files it sees
   * @param spill folder of this instance alone
   */
  static List<String> instance(Path folder, Path spill) {
    return List.of(
        "SET GLOBAL TimeZone = 'UTC'",
        "SET GLOBAL preserve_insertion_order = true",
        "SET enable_progress_bar = true",
        "SET enable_progress_bar_print = false",
        "SET GLOBAL temp_directory = " + literal(spill.toString()),
        "SET GLOBAL autoinstall_known_extensions = false",
        "SET GLOBAL autoload_known_extensions = false",
        "SET GLOBAL allow_community_extensions = false",
        "SET GLOBAL allow_persistent_secrets = false",
        "SET GLOBAL allowed_directories = [%s]".formatted(literal(folder + "/")),
        "SET GLOBAL enable_external_access = false");
  }

  /** Limits of the next merge. */
  static List<String> limits(long memoryBytes, long spillBytes, int threads) {
    return List.of(
        "SET GLOBAL threads = " + threads,
        "SET GLOBAL memory_limit = " + literal(memoryBytes + "B"),
        "SET GLOBAL max_temp_directory_size = " + literal(spillBytes + "B"));
  }

  /**
   * The merge itself; its answer is the number of rows, and the file's name.
   *
   * @param files the sources, in their order
   * @param rowGroupRows rows of a row group
   */
  static String merge(MergeOrder order, List<Path> files, Path target, long rowGroupRows) {
    RowSchema schema = order.schema();
    return """
        COPY (
          SELECT %s
          FROM %s f
          %s
          %s
        ) TO %s (
          FORMAT parquet,
          COMPRESSION zstd,
          COMPRESSION_LEVEL %d,
          ROW_GROUP_SIZE %d,
          RETURN_FILES true,
          FIELD_IDS {%s})
        """
        .formatted(
            schema.columns().stream()
                .map(column -> "f.%s AS %s".formatted(name(column), quoted(column)))
                .collect(joining(", ")),
            scan(schema, files),
            where(order),
            orderBy(order),
            literal(target.toString()),
            DataFileOptions.DEFAULTS.compressionLevel(),
            rowGroupRows,
            schema.columns().stream()
                .map(column -> "%s: %d".formatted(quoted(column), column.fieldId()))
                .collect(joining(", ")));
  }

  /** Counts the rows of a file whose values are null, in each of the schema's columns. */
  static String countNulls(RowSchema schema, Path file) {
    return "SELECT %s FROM %s f"
        .formatted(
            schema.columns().stream()
                .map(column -> "count(*) - count(f.%s)".formatted(name(column)))
                .collect(joining(", ")),
            scan(schema, List.of(file)));
  }

  private static String scan(RowSchema schema, List<Path> files) {
    return "read_parquet([%s], schema = %s, hive_partitioning = false, filename = false)"
        .formatted(
            files.stream().map(file -> literal(file.toString())).collect(joining(", ")),
            FieldIdSchema.of(schema, MergeSql::name));
  }

  private static String name(Column column) {
    return name(column.fieldId());
  }

  private static String name(int fieldId) {
    return "c" + fieldId;
  }

  private static String quoted(Column column) {
    return Identifiers.quote(column.name());
  }

  /** A row of which it is not known that it is old stays. */
  private static String where(MergeOrder order) {
    RowCutoff cutoff = order.dropBefore();
    if (cutoff == null) {
      return "";
    }
    long seconds =
        Math.clamp(cutoff.before().getEpochSecond(), -FARTHEST_SECONDS, FARTHEST_SECONDS);
    Column column =
        order.schema().columns().stream()
            .filter(candidate -> candidate.fieldId() == cutoff.fieldId())
            .findFirst()
            .orElseThrow();
    String before;
    if (column.type() == Primitive.DATE) {
      before =
          "CAST(make_timestamp(%d) AS DATE)"
              .formatted(Math.floorDiv(seconds, SECONDS_PER_DAY) * SECONDS_PER_DAY * 1_000_000);
    } else {
      Instant moment = Instant.ofEpochSecond(seconds, cutoff.before().getNano());
      long micros = moment.getEpochSecond() * 1_000_000 + moment.getNano() / 1_000;
      before =
          (column.type() == Primitive.TIMESTAMPTZ ? "make_timestamptz(%d)" : "make_timestamp(%d)")
              .formatted(micros);
    }
    return "WHERE (f.%s < %s) IS NOT TRUE".formatted(name(column), before);
  }

  /**
   * Without sort columns the scan gives rows in the order of files and places. A sort is not stable
   * by itself, so that order comes last in it.
   */
  private static String orderBy(MergeOrder order) {
    if (order.sortFieldIds().isEmpty()) {
      return "";
    }
    return order.sortFieldIds().stream()
        .map(fieldId -> "f.%s ASC NULLS LAST".formatted(name(fieldId)))
        .collect(joining(", ", "ORDER BY ", ", f.file_index ASC, f.file_row_number ASC"));
  }
}
