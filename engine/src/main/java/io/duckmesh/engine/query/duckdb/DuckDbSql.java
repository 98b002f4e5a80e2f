package io.duckmesh.engine.query.duckdb;

import static java.util.stream.Collectors.joining;

import io.duckmesh.engine.query.ListedTable;
import io.duckmesh.engine.query.TableReference;
import io.duckmesh.engine.query.duckdb.process.FieldIdSchema;
import io.duckmesh.engine.schema.Column;
import io.duckmesh.engine.schema.ColumnType;
import io.duckmesh.engine.schema.ColumnType.Decimal;
import io.duckmesh.engine.schema.ColumnType.ListOf;
import io.duckmesh.engine.schema.ColumnType.Primitive;
import io.duckmesh.engine.schema.ColumnType.Struct;
import io.duckmesh.engine.schema.ColumnType.StructField;
import io.duckmesh.engine.schema.Identifiers;
import io.duckmesh.engine.schema.RowSchema;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** All SQL that is made here: the one place that quotes names, paths and defaults. */
final class DuckDbSql {
  private DuckDbSql() {}

  /** A name as DuckDB compares it: ASCII letters are equal in either case, others are not. */
  static String foldCase(String name) {
    StringBuilder folded = new StringBuilder(name.length());
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      folded.append(c >= 'A' && c <= 'Z' ? (char) (c + ('a' - 'A')) : c);
    }
    return folded.toString();
  }

  static String literal(String text) {
    return FieldIdSchema.literal(text);
  }

  /** Name of the view that a reference of a statement reads. */
  static String viewName(TableReference reference) {
    String name = foldCase(reference.name());
    if (reference.version() != null) {
      return name + "@version " + reference.version();
    }
    if (reference.timestamp() != null) {
      return name + "@timestamp " + reference.timestamp();
    }
    return name;
  }

  /**
   * Statements that make the view of a table's files, read by field id; of no files, a relation
   * without rows. Files and schema go into variables of the session, because a view that holds them
   * itself has them bound value by value in every query.
   *
   * <p>Files that have the schema's columns themselves are read without naming it, which saves a
   * good part of the time that a small query takes.
   *
   * @param number of the variables, which nothing else in the session has
   * @param uniform whether all files were written with the schema
   */
  static List<String> createView(
      String name, int number, RowSchema schema, boolean uniform, List<Path> files) {
    if (files.isEmpty()) {
      return List.of(
          "CREATE OR REPLACE TEMP VIEW %s AS %s"
              .formatted(Identifiers.quote(name), noRows(schema)));
    }
    if (uniform) {
      return List.of(
          setFiles(number, files),
          """
          CREATE OR REPLACE TEMP VIEW %s AS
          SELECT * FROM read_parquet(
            getvariable('files_%d'),
            union_by_name = false,
            hive_partitioning = false,
            filename = false)
          """
              .formatted(Identifiers.quote(name), number));
    }
    return List.of(
        setFiles(number, files),
        "SET VARIABLE schema_%d = %s".formatted(number, FieldIdSchema.of(schema, Column::name)),
        """
        CREATE OR REPLACE TEMP VIEW %s AS
        SELECT * FROM read_parquet(
          getvariable('files_%d'),
          schema = getvariable('schema_%d'),
          hive_partitioning = false,
          filename = false)
        """
            .formatted(Identifiers.quote(name), number, number));
  }

  /** Lets the view of that number read other files of the same schema, at least one. */
  static String setFiles(int number, List<Path> files) {
    return files.stream()
        .map(file -> literal(file.toString()))
        .collect(joining(", ", "SET VARIABLE files_" + number + " = [", "]"));
  }

  /** The view of some rows of the catalog. */
  static String createView(CatalogView view, List<ListedTable> tables) {
    List<List<@Nullable Object>> rows = view.rows(tables);
    List<String> names = new ArrayList<>();
    List<String> columns = new ArrayList<>();
    for (String column : view.columns()) {
      int space = column.indexOf(' ');
      String name = column.substring(0, space);
      names.add(name);
      columns.add("CAST(%s AS %s) AS %s".formatted(name, column.substring(space + 1), name));
    }
    String values =
        rows.isEmpty()
            ? "(" + "NULL, ".repeat(names.size() - 1) + "NULL)"
            : rows.stream()
                .map(row -> row.stream().map(DuckDbSql::value).collect(joining(", ", "(", ")")))
                .collect(joining(", "));
    return "CREATE OR REPLACE TEMP VIEW %s AS SELECT %s FROM (VALUES %s) v(%s)%s"
        .formatted(
            Identifiers.quote(view.viewName()),
            String.join(", ", columns),
            values,
            String.join(", ", names),
            rows.isEmpty() ? " WHERE false" : "");
  }

  private static String value(@Nullable Object value) {
    if (value == null) {
      return "NULL";
    }
    return value instanceof Integer ? value.toString() : literal(value.toString());
  }

  /** The statement whose answer is the plan of another one. */
  static String explain(String sql) {
    return "EXPLAIN (FORMAT json) " + sql;
  }

  static List<String> dropView(String name, int number) {
    return List.of(
        "DROP VIEW IF EXISTS temp." + Identifiers.quote(name),
        "RESET VARIABLE files_" + number,
        "RESET VARIABLE schema_" + number);
  }

  /**
   * The first parameter, given as the text of {@link io.duckmesh.engine.rows.CastText}, as a value
   * of its type.
   */
  static String typedParameter(ColumnType type) {
    String text = "CAST($1 AS VARCHAR)";
    if (type instanceof ListOf || type instanceof Struct) {
      text = "CAST(CAST(%s AS JSON) AS %s)".formatted(text, texts(type));
    }
    return "CAST(%s AS %s)".formatted(text, type);
  }

  /** The type with VARCHAR for all that has no parts. */
  private static ColumnType texts(ColumnType type) {
    return switch (type) {
      case Primitive primitive -> Primitive.VARCHAR;
      case Decimal decimal -> Primitive.VARCHAR;
      case ListOf list -> new ListOf(texts(list.element()));
      case Struct struct ->
          new Struct(
              struct.fields().stream()
                  .map(field -> new StructField(field.name(), texts(field.type())))
                  .toList());
    };
  }

  private static String noRows(RowSchema schema) {
    String columns =
        schema.columns().stream()
            .map(
                column ->
                    "CAST(NULL AS %s) AS %s"
                        .formatted(column.type(), Identifiers.quote(column.name())))
            .collect(joining(", "));
    return "SELECT " + columns + " WHERE false";
  }

  /**
   * Prepares an instance that reads files of one folder only and takes no further settings. The
   * order matters: the folder has to be named before access ends, and the lock comes last.
   */
  static List<String> lockedInstance(Path files, Path spill, DuckDbOptions options) {
    return List.of(
        "SET GLOBAL TimeZone = 'UTC'",
        // Types that Arrow has no word for keep their names.
        "SET GLOBAL arrow_lossless_conversion = true",
        // Files are immutable: what is known of one stays true.
        "SET GLOBAL parquet_metadata_cache = true",
        "SET GLOBAL validate_external_file_cache = 'NO_VALIDATION'",
        // Long statements say how far they are, to who asks; sessions take it over.
        "SET enable_progress_bar = true",
        "SET enable_progress_bar_print = false",
        "SET GLOBAL threads = " + options.threads(),
        "SET GLOBAL memory_limit = " + literal(options.memoryBytes() + "B"),
        "SET GLOBAL temp_directory = " + literal(spill.toString()),
        "SET GLOBAL max_temp_directory_size = " + literal(options.spillBytes() + "B"),
        "SET GLOBAL autoinstall_known_extensions = false",
        "SET GLOBAL autoload_known_extensions = false",
        "SET GLOBAL allow_community_extensions = false",
        "SET GLOBAL allow_persistent_secrets = false",
        // The one switch a session turns at times, see ChildSession; no statement of a user can be
        // a SET.
        "SET GLOBAL allowed_configs = ['jdbc_stream_results']",
        "SET GLOBAL allowed_directories = [%s]".formatted(literal(files + "/")),
        "SET GLOBAL enable_external_access = false",
        "SET GLOBAL lock_configuration = true");
  }

  /** Prepares an instance that parses and never reads anything. */
  static List<String> parsingInstance() {
    return List.of(
        "SET GLOBAL threads = 1",
        "SET GLOBAL memory_limit = '256MB'",
        "SET GLOBAL temp_directory = ''",
        "SET GLOBAL autoinstall_known_extensions = false",
        "SET GLOBAL autoload_known_extensions = false",
        "SET GLOBAL enable_external_access = false",
        "SET GLOBAL lock_configuration = true");
  }
}
