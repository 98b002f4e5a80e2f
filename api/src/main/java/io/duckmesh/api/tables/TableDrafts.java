package io.duckmesh.api.tables;

import io.duckmesh.api.json.ApiJson;
import io.duckmesh.api.json.Durations;
import io.duckmesh.api.json.JsonFields;
import io.duckmesh.catalog.ColumnDefinition;
import io.duckmesh.catalog.TableDraft;
import io.duckmesh.catalog.TableSettings;
import io.duckmesh.engine.rows.InvalidRowsException;
import io.duckmesh.engine.rows.JsonRows;
import io.duckmesh.engine.rows.RowBatch;
import io.duckmesh.engine.rows.RowFormat;
import io.duckmesh.engine.rows.RowOptions;
import io.duckmesh.engine.schema.Column;
import io.duckmesh.engine.schema.ColumnType;
import io.duckmesh.engine.schema.RowSchema;
import io.duckmesh.engine.schema.TypeParser;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.apache.arrow.memory.BufferAllocator;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Reads the request for a new table, with every problem named at once. */
final class TableDrafts {
  private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,62}");
  private static final String NAME_RULE =
      "is not a name: a letter or _, then letters, digits and _, up to 63 characters";

  /** Means something else where DuckDB is told the field ids of a file. */
  private static final String RESERVED = "__duckdb_field_id";

  private static final int MAX_COLUMNS = 1_000;
  private static final Duration LONGEST_KEY_WINDOW = Duration.ofDays(366);

  private final BufferAllocator allocator;

  /**
   * @param allocator memory in which default values are tried
   */
  TableDrafts(BufferAllocator allocator) {
    this.allocator = allocator;
  }

  /**
   * Reads the draft.
   *
   * @throws io.duckmesh.api.problem.ProblemException with all problems if there is any
   */
  TableDraft read(byte[] body) {
    JsonFields table = JsonFields.parse(body);
    String name = table.requiredText("name");
    if (!name.isBlank() && !NAME.matcher(name).matches()) {
      table.problem("name", NAME_RULE);
    }
    List<ColumnDefinition> columns = columns(table);
    Set<String> names = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
    columns.forEach(column -> names.add(column.name()));
    List<String> eventKey = columnNames(table, "event_key", columns, names);
    List<String> sortBy = columnNames(table, "sort_by", columns, names);
    table.refuse("primary_key", "is not possible yet: tables are append tables");
    table.refuse("partition_by", "is not possible yet");
    TableSettings settings = settings(table.object("settings"));
    table.refuseUnknown();
    table.check();
    return new TableDraft(name, columns, eventKey, sortBy, settings);
  }

  private List<ColumnDefinition> columns(JsonFields table) {
    List<JsonFields> objects = table.objects("columns");
    if (objects.isEmpty()) {
      table.problem("columns", table.has("columns") ? "has no column" : "is missing");
    }
    if (objects.size() > MAX_COLUMNS) {
      table.problem("columns", "has %d columns, at most %d".formatted(objects.size(), MAX_COLUMNS));
    }
    List<ColumnDefinition> columns = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    for (JsonFields object : objects) {
      String name = object.requiredText("name");
      boolean named = NAME.matcher(name).matches();
      if (!name.isBlank() && !named) {
        object.problem("name", NAME_RULE);
      }
      if (RESERVED.equalsIgnoreCase(name)) {
        object.problem("name", "is a name that Parquet files written by DuckDB can not have");
      }
      if (named && !seen.add(name.toLowerCase(Locale.ROOT))) {
        object.problem("name", "is there twice (case does not matter): " + name);
      }
      ColumnType type = type(object);
      boolean required = object.flag("required");
      JsonNode defaultValue = object.value("default");
      object.refuseUnknown();
      if (type != null && named) {
        int fieldId = columns.size() + 1;
        columns.add(
            new ColumnDefinition(
                fieldId,
                name,
                type.toString(),
                required,
                defaultText(object, new Column(fieldId, name, type, false, null), defaultValue)));
      }
    }
    return columns;
  }

  private static @Nullable ColumnType type(JsonFields column) {
    String text = column.requiredText("type");
    if (text.isBlank()) {
      return null;
    }
    if (text.indexOf('\0') >= 0) {
      column.problem("type", "has a zero character");
      return null;
    }
    try {
      return TypeParser.parse(text);
    } catch (IllegalArgumentException e) {
      column.problem("type", "is not a type: " + e.getMessage());
      return null;
    }
  }

  private @Nullable String defaultText(
      JsonFields object, Column column, @Nullable JsonNode defaultValue) {
    if (defaultValue == null || defaultValue.isNull()) {
      return null;
    }
    byte[] row = ApiJson.MAPPER.writeValueAsBytes(Map.of(column.name(), defaultValue));
    try (RowBatch converted =
        JsonRows.read(
            new ByteArrayInputStream(row),
            RowFormat.NDJSON,
            new RowSchema(1, List.of(column)),
            RowOptions.DEFAULTS,
            allocator)) {
      return converted.rowCount() == 1 ? defaultValue.toString() : null;
    } catch (InvalidRowsException e) {
      object.problem("default", "does not fit: " + e.errors().getFirst().rule());
      return null;
    } catch (IOException e) {
      throw new UncheckedIOException("An array in memory cannot fail", e);
    }
  }

  static List<String> columnNames(
      JsonFields table, String field, List<ColumnDefinition> columns, Set<String> known) {
    List<String> names = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    for (String name : table.texts(field)) {
      if (!known.contains(name)) {
        table.problem(field, "names a column that is not there: " + name);
      } else if (!seen.add(name.toLowerCase(Locale.ROOT))) {
        table.problem(field, "names a column twice: " + name);
      } else {
        columns.stream()
            .filter(column -> name.equalsIgnoreCase(column.name()))
            .findFirst()
            .ifPresent(
                column -> {
                  refuseNested(table, field, column);
                  names.add(column.name());
                });
      }
    }
    return names;
  }

  /** Lists and structs are no part of event keys, and files are not sorted by them. */
  private static void refuseNested(JsonFields table, String field, ColumnDefinition column) {
    ColumnType type = TypeParser.parse(column.type());
    if (type instanceof ColumnType.ListOf || type instanceof ColumnType.Struct) {
      table.problem(
          field,
          "names a column of lists or structs, %s of type %s".formatted(column.name(), type));
    }
  }

  private static TableSettings settings(@Nullable JsonFields object) {
    TableSettings settings = TableSettings.DEFAULTS;
    if (object == null) {
      return settings;
    }
    Long shards = object.number("shards", 1, 1_024);
    if (shards != null) {
      settings = settings.withShards(shards.intValue());
    }
    String window = object.text("key_window");
    if (window != null) {
      try {
        Duration keyWindow = Durations.parse(window);
        if (keyWindow.isZero() || keyWindow.compareTo(LONGEST_KEY_WINDOW) > 0) {
          object.problem(
              "key_window",
              "is %s, possible is up to %s"
                  .formatted(window, Durations.format(LONGEST_KEY_WINDOW)));
        } else {
          settings = settings.withKeyWindow(keyWindow);
        }
      } catch (IllegalArgumentException e) {
        object.problem("key_window", "is not a duration such as 12h or 7d: " + window);
      }
    }
    object.refuseUnknown();
    return settings;
  }
}
