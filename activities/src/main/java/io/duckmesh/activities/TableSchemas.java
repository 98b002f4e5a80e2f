package io.duckmesh.activities;

import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.ColumnDefinition;
import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.TableSchema;
import io.duckmesh.engine.schema.Column;
import io.duckmesh.engine.schema.RowSchema;
import io.duckmesh.engine.schema.TypeParser;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Schemas of tables as the engine knows them. A version never changes, so it is kept. */
public final class TableSchemas {
  private static final int MAX_KEPT = 1000;

  private final Catalog catalog;
  private final Map<Version, RowSchema> kept =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Version, RowSchema> eldest) {
          return size() > MAX_KEPT;
        }
      };

  public TableSchemas(Catalog catalog) {
    this.catalog = catalog;
  }

  /** Empty if the table never had that version. */
  public Optional<RowSchema> find(TableId table, int version) {
    Version key = new Version(table, version);
    synchronized (kept) {
      RowSchema schema = kept.get(key);
      if (schema != null) {
        return Optional.of(schema);
      }
    }
    Optional<RowSchema> found =
        catalog.tables().findSchema(table, version).map(TableSchemas::toEngine);
    synchronized (kept) {
      found.ifPresent(schema -> kept.put(key, schema));
    }
    return found;
  }

  private static RowSchema toEngine(TableSchema schema) {
    return new RowSchema(
        schema.version(), schema.columns().stream().map(TableSchemas::toEngine).toList());
  }

  private static Column toEngine(ColumnDefinition column) {
    return new Column(
        column.fieldId(),
        column.name(),
        TypeParser.parse(column.type()),
        column.required(),
        column.defaultValue());
  }

  private record Version(TableId table, int version) {}
}
