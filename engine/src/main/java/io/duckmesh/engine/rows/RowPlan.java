package io.duckmesh.engine.rows;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.duckmesh.engine.schema.ArrowSchemas;
import io.duckmesh.engine.schema.Column;
import io.duckmesh.engine.schema.ColumnType;
import io.duckmesh.engine.schema.RowSchema;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.arrow.vector.types.pojo.Schema;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/** What reading rows of one schema needs and every body can share. */
final class RowPlan {
  /** By identity of the schema object, so that a small request does not pay for its size. */
  private static final Cache<RowSchema, RowPlan> PLANS =
      Caffeine.newBuilder().weakKeys().maximumSize(10_000).build();

  private final Schema arrowSchema;
  private final List<Column> columns;
  private final NameLookup names;
  private final @Nullable ColumnBuilder[] defaults;

  private RowPlan(RowSchema schema) {
    this.arrowSchema = ArrowSchemas.toArrow(schema);
    this.columns = schema.columns();
    this.names = NameLookup.of(columns.stream().map(Column::name).toList());
    this.defaults = new @Nullable ColumnBuilder[columns.size()];
    for (int i = 0; i < defaults.length; i++) {
      defaults[i] = readDefault(columns.get(i));
    }
  }

  static RowPlan of(RowSchema schema) {
    return PLANS.get(schema, RowPlan::new);
  }

  Schema arrowSchema() {
    return arrowSchema;
  }

  List<Column> columns() {
    return columns;
  }

  NameLookup names() {
    return names.copy();
  }

  /** Whether there is a column of this name. */
  boolean hasColumn(String name) {
    return names.copy().find(name, columns.size()) >= 0;
  }

  /** A builder that holds nothing but the column's default, null if that is NULL. */
  @Nullable ColumnBuilder defaultOf(int column) {
    return defaults[column];
  }

  ColumnBuilder[] builders() {
    ColumnBuilder[] builders = new ColumnBuilder[columns.size()];
    for (int i = 0; i < builders.length; i++) {
      builders[i] = ColumnBuilder.create(columns.get(i).type(), columns.get(i).name());
    }
    return builders;
  }

  /**
   * Indexes of the event key's columns.
   *
   * @throws IllegalArgumentException if the schema has no such column, or it is a list or struct
   */
  int[] keyColumns(List<String> eventKeyColumns) {
    int[] indexes = new int[eventKeyColumns.size()];
    NameLookup lookup = names.copy();
    for (int i = 0; i < indexes.length; i++) {
      String name = eventKeyColumns.get(i);
      indexes[i] = lookup.find(name, columns.size());
      if (indexes[i] < 0) {
        throw new IllegalArgumentException("Event key column '%s' is no column".formatted(name));
      }
      ColumnType type = columns.get(indexes[i]).type();
      if (type instanceof ColumnType.ListOf || type instanceof ColumnType.Struct) {
        throw new IllegalArgumentException(
            "Event key column '%s' is %s, an event key has no lists and structs"
                .formatted(name, type));
      }
    }
    return indexes;
  }

  static @Nullable ColumnBuilder readDefault(Column column) {
    String text = column.defaultValue();
    if (text == null) {
      return null;
    }
    byte[] json = text.getBytes(StandardCharsets.UTF_8);
    RowErrors errors = new RowErrors(1);
    ColumnBuilder builder = ColumnBuilder.create(column.type(), column.name());
    if (JsonCursor.isMistakable(json, 0, json.length)) {
      throw wrongDefault(column, "A default is well-formed JSON");
    }
    try (JsonCursor cursor = new JsonCursor(json, 0, json.length, errors)) {
      var token = cursor.parser().nextToken();
      if (token == null) {
        throw wrongDefault(column, "A default is a JSON value");
      }
      builder.readNullable(cursor, token);
      if (cursor.parser().nextToken() != null) {
        throw wrongDefault(column, "A default is one JSON value");
      }
      errors.check();
    } catch (InvalidRowsException e) {
      throw wrongDefault(column, e.errors().getFirst().rule());
    } catch (JacksonException e) {
      throw wrongDefault(column, "A default is well-formed JSON: " + JsonCursor.explanation(e));
    }
    return builder.isNull(0) ? null : builder;
  }

  private static IllegalArgumentException wrongDefault(Column column, String rule) {
    return new IllegalArgumentException(
        "Default of column '%s' does not fit: %s. %s"
            .formatted(column.name(), column.defaultValue(), rule));
  }
}
