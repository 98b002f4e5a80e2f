package io.duckmesh.engine.query.duckdb;

import io.duckmesh.engine.query.TableReference;
import io.duckmesh.engine.schema.Column;
import io.duckmesh.engine.schema.ColumnType;
import io.duckmesh.engine.schema.ColumnType.Primitive;
import io.duckmesh.engine.schema.Identifiers;
import io.duckmesh.engine.schema.RowSchema;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

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
    return '\'' + text.replace("'", "''") + '\'';
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
   * @param number of the variables, which nothing else in the session has
   */
  static List<String> createView(String name, int number, RowSchema schema, List<Path> files) {
    if (files.isEmpty()) {
      return List.of(
          "CREATE OR REPLACE TEMP VIEW %s AS %s"
              .formatted(Identifiers.quote(name), noRows(schema)));
    }
    String paths =
        files.stream().map(file -> literal(file.toString())).collect(Collectors.joining(", "));
    String columns =
        schema.columns().stream().map(DuckDbSql::schemaEntry).collect(Collectors.joining(", "));
    return List.of(
        "SET VARIABLE files_%d = [%s]".formatted(number, paths),
        """
        SET VARIABLE schema_%d = CAST(
          MAP {%s} AS MAP(INTEGER, STRUCT(name VARCHAR, type VARCHAR, default_value VARCHAR)))
        """
            .formatted(number, columns),
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

  static List<String> dropView(String name, int number) {
    return List.of(
        "DROP VIEW IF EXISTS temp." + Identifiers.quote(name),
        "RESET VARIABLE files_" + number,
        "RESET VARIABLE schema_" + number);
  }

  private static String noRows(RowSchema schema) {
    String columns =
        schema.columns().stream()
            .map(
                column ->
                    "CAST(NULL AS %s) AS %s"
                        .formatted(column.type(), Identifiers.quote(column.name())))
            .collect(Collectors.joining(", "));
    return "SELECT " + columns + " WHERE false";
  }

  private static String schemaEntry(Column column) {
    return "%d: {name: %s, type: %s, default_value: %s}"
        .formatted(
            column.fieldId(),
            literal(column.name()),
            literal(column.type().toString()),
            defaultValue(column));
  }

  /**
   * The default, from its JSON text, in the text form that DuckDB casts back to the column's type:
   * all values of the map have to be of one type.
   */
  private static String defaultValue(Column column) {
    if (column.defaultValue() == null) {
      return "NULL";
    }
    JsonNode value = Json.MAPPER.readTree(column.defaultValue());
    if (value.isNull()) {
      return "NULL";
    }
    return "CAST(%s AS VARCHAR)".formatted(typedValue(column.type(), column.defaultValue(), value));
  }

  private static String typedValue(ColumnType type, String json, JsonNode value) {
    if (type == Primitive.JSON) {
      return "CAST(%s AS JSON)".formatted(literal(json));
    }
    if (value.isContainer()) {
      return "CAST(CAST(%s AS JSON) AS %s)".formatted(literal(json), type);
    }
    String text = value.isString() ? value.stringValue() : json.strip();
    if (type == Primitive.BLOB) {
      return "from_base64(%s)".formatted(literal(text));
    }
    return "CAST(%s AS %s)".formatted(literal(text), type);
  }

  /** Reads JSON without turning numbers into other numbers. */
  private static final class Json {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private Json() {}
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
        // The one switch a session needs, see Session; no statement of a user can be a SET.
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
