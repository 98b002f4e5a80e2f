package io.duckmesh.engine.query.duckdb;

import io.duckmesh.engine.query.ListedTable;
import io.duckmesh.engine.schema.Column;
import io.duckmesh.engine.schema.ColumnType;
import io.duckmesh.engine.schema.ColumnType.Decimal;
import io.duckmesh.engine.schema.ColumnType.Primitive;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a statement may see of the catalog: the tenant's own tables at the query's snapshot. */
enum CatalogView {
  TABLES(
      "tables",
      List.of(
          "table_catalog VARCHAR",
          "table_schema VARCHAR",
          "table_name VARCHAR",
          "table_type VARCHAR",
          "is_insertable_into VARCHAR",
          "is_typed VARCHAR")),
  COLUMNS(
      "columns",
      List.of(
          "table_catalog VARCHAR",
          "table_schema VARCHAR",
          "table_name VARCHAR",
          "column_name VARCHAR",
          "ordinal_position INTEGER",
          "column_default VARCHAR",
          "is_nullable VARCHAR",
          "data_type VARCHAR",
          "numeric_precision INTEGER",
          "numeric_precision_radix INTEGER",
          "numeric_scale INTEGER",
          "datetime_precision INTEGER")),
  SCHEMATA(
      "schemata", List.of("catalog_name VARCHAR", "schema_name VARCHAR", "schema_owner VARCHAR")),
  /** The answer of {@code SHOW TABLES}. */
  SHOW_TABLES("", List.of("name VARCHAR"));

  /** What {@code current_database()} and {@code current_schema()} answer. */
  private static final String CATALOG = "memory";

  private static final String SCHEMA = "main";

  private final String relation;
  private final List<String> columns;

  CatalogView(String relation, List<String> columns) {
    this.relation = relation;
    this.columns = columns;
  }

  /** The view of {@code information_schema} under that name, in any case. */
  static Optional<CatalogView> find(String name) {
    String folded = DuckDbSql.foldCase(name);
    for (CatalogView view : values()) {
      if (!folded.isEmpty() && view.relation.equals(folded)) {
        return Optional.of(view);
      }
    }
    return Optional.empty();
  }

  /** The relation's own name, under which a statement sees it. */
  String relation() {
    return relation;
  }

  /**
   * Name of the view in a session; a statement that names it itself names a table of its tenant.
   */
  String viewName() {
    return relation + "@catalog";
  }

  /** Each as {@code name TYPE}. */
  List<String> columns() {
    return columns;
  }

  /** Rows of values: null, String or Integer. */
  List<List<@Nullable Object>> rows(List<ListedTable> tables) {
    List<ListedTable> sorted =
        tables.stream().sorted(Comparator.comparing(ListedTable::name)).toList();
    List<List<@Nullable Object>> rows = new ArrayList<>();
    switch (this) {
      case TABLES ->
          sorted.forEach(
              table -> rows.add(row(CATALOG, SCHEMA, table.name(), "BASE TABLE", "NO", "NO")));
      case COLUMNS -> sorted.forEach(table -> addColumns(rows, table));
      case SCHEMATA -> rows.add(row(CATALOG, SCHEMA, null));
      case SHOW_TABLES -> sorted.forEach(table -> rows.add(row(table.name())));
    }
    return rows;
  }

  private static void addColumns(List<List<@Nullable Object>> rows, ListedTable table) {
    int position = 0;
    for (Column column : table.schema().columns()) {
      position++;
      ColumnType type = column.type();
      rows.add(
          row(
              CATALOG,
              SCHEMA,
              table.name(),
              column.name(),
              position,
              column.defaultValue(),
              column.required() ? "NO" : "YES",
              type.toString(),
              precision(type),
              precision(type) == null ? null : type instanceof Decimal ? (Object) 10 : (Object) 2,
              scale(type),
              hasMicroseconds(type) ? (Object) 6 : null));
    }
  }

  private static @Nullable Integer precision(ColumnType type) {
    if (type instanceof Decimal decimal) {
      return decimal.precision();
    }
    return switch (type) {
      case Primitive.SMALLINT -> 16;
      case Primitive.INTEGER -> 32;
      case Primitive.BIGINT -> 64;
      case Primitive.REAL -> 24;
      case Primitive.DOUBLE -> 53;
      default -> null;
    };
  }

  private static @Nullable Integer scale(ColumnType type) {
    if (type instanceof Decimal decimal) {
      return decimal.scale();
    }
    return type == Primitive.SMALLINT || type == Primitive.INTEGER || type == Primitive.BIGINT
        ? (Integer) 0
        : null;
  }

  private static boolean hasMicroseconds(ColumnType type) {
    return type == Primitive.TIME || type == Primitive.TIMESTAMP || type == Primitive.TIMESTAMPTZ;
  }

  private static List<@Nullable Object> row(@Nullable Object... values) {
    List<@Nullable Object> row = new ArrayList<>(values.length);
    for (Object value : values) {
      row.add(value);
    }
    return row;
  }
}
