package io.duckmesh.engine.query.duckdb.process;

import static java.util.stream.Collectors.joining;

import io.duckmesh.engine.schema.Column;
import io.duckmesh.engine.schema.ColumnType;
import io.duckmesh.engine.schema.ColumnType.Primitive;
import io.duckmesh.engine.schema.RowSchema;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** Tells DuckDB which columns to read of files that were written with several schemas. */
public final class FieldIdSchema {
  private FieldIdSchema() {}

  /**
   * A map for the argument {@code schema} of {@code read_parquet}: columns are found by field id,
   * have the schema's types, and the schema's defaults in files that lack them.
   *
   * @param name what a column is called in the answer
   */
  public static String of(RowSchema schema, Function<Column, String> name) {
    return schema.columns().stream()
        .map(column -> entry(column, name.apply(column)))
        .collect(
            joining(
                ", ",
                "CAST(MAP {",
                "} AS MAP(INTEGER, STRUCT(name VARCHAR, type VARCHAR, default_value VARCHAR)))"));
  }

  /** The text as SQL writes it. */
  public static String literal(String text) {
    return '\'' + text.replace("'", "''") + '\'';
  }

  private static String entry(Column column, String name) {
    return "%d: {name: %s, type: %s, default_value: %s}"
        .formatted(
            column.fieldId(),
            literal(name),
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
}
