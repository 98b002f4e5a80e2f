package io.duckmesh.engine.rows;

import io.duckmesh.engine.schema.Column;
import io.duckmesh.engine.schema.RowSchema;
import io.duckmesh.engine.segment.KeyHash;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * Reads row objects into columns. A row that was read counts only when it is kept: until then it
 * can be taken back, which is how a wrong row leaves no trace in the columns.
 */
final class RowReader {
  private final RowPlan plan;
  private final RowErrors errors;
  private final List<Column> columns;
  private final ColumnBuilder[] builders;
  private final NameLookup names;
  private final int[] keyColumns;
  private final KeyText keyText = new KeyText();
  private final List<KeyHash> keys = new ArrayList<>();
  private int rowCount;

  RowReader(RowPlan plan, RowOptions options, RowErrors errors) {
    this.plan = plan;
    this.errors = errors;
    this.columns = plan.columns();
    this.builders = plan.builders();
    this.names = plan.names();
    this.keyColumns = plan.keyColumns(options.eventKeyColumns());
  }

  /** Rows kept so far. */
  int rowCount() {
    return rowCount;
  }

  /** Whether event keys come from columns. */
  boolean hasKeyColumns() {
    return keyColumns.length > 0;
  }

  /** Reads the object at whose begin the parser stands; the row is to be kept or taken back. */
  void read(JsonCursor cursor) {
    readFrom(cursor, cursor.parser().nextName());
  }

  /** Reads an object whose first name has been read; null if it has none. */
  void readFrom(JsonCursor cursor, @Nullable String firstName) {
    long earlierErrors = errors.count();
    JsonParser parser = cursor.parser();
    int column = -1;
    int found = 0;
    for (String name = firstName; name != null; name = parser.nextName()) {
      JsonToken token = parser.nextToken();
      column = names.find(name, column + 1);
      if (column < 0) {
        ColumnBuilder.reportValue(cursor, name, "The table has no such column");
        continue;
      }
      ColumnBuilder builder = builders[column];
      if (builder.count() != rowCount) {
        ColumnBuilder.reportValue(cursor, name, "A column has one value in a row");
        continue;
      }
      if (token != JsonToken.VALUE_NULL) {
        builder.read(cursor, token);
      } else {
        if (columns.get(column).required()) {
          ColumnBuilder.reportValue(cursor, name, "The column is required: it can not be null");
        }
        builder.appendNull();
      }
      found++;
    }
    if (found < builders.length) {
      complete();
    }
    if (errors.count() == earlierErrors) {
      checkKey();
    }
  }

  private void complete() {
    for (int i = 0; i < builders.length; i++) {
      if (builders[i].count() != rowCount) {
        continue;
      }
      ColumnBuilder defaultValue = plan.defaultOf(i);
      Column column = columns.get(i);
      if (defaultValue != null) {
        builders[i].appendFrom(defaultValue, 0);
      } else {
        if (column.required()) {
          errors.add(column::name, () -> null, "The column is required: it can not be missing");
        }
        builders[i].appendNull();
      }
    }
  }

  private void checkKey() {
    for (int index : keyColumns) {
      if (builders[index].isNull(rowCount)) {
        errors.add(
            columns.get(index)::name,
            () -> null,
            "The column is part of the event key: it can not be null or missing");
      }
    }
  }

  /**
   * Keeps the row that was read.
   *
   * @param envelopeKey the event key from around the row, null if there is none
   */
  void keep(@Nullable KeyHash envelopeKey) {
    if (hasKeyColumns()) {
      keyText.clear();
      for (int index : keyColumns) {
        builders[index].addKey(rowCount, keyText);
      }
      keys.add(keyText.hash());
    } else if (envelopeKey != null) {
      keys.add(envelopeKey);
    }
    rowCount++;
  }

  /** Takes the row back of which all or part was read. */
  void takeBack() {
    for (ColumnBuilder builder : builders) {
      builder.truncate(rowCount);
    }
  }

  /** The rows kept, of which there is at least one, as Arrow columns. */
  RowBatch finish(RowSchema schema, BufferAllocator allocator) {
    RowBuffers buffers = new RowBuffers();
    for (ColumnBuilder builder : builders) {
      builder.collect(buffers);
    }
    return new RowBatch(
        schema,
        buffers.load(plan.arrowSchema(), rowCount, allocator),
        keys.isEmpty() ? null : keys);
  }
}
