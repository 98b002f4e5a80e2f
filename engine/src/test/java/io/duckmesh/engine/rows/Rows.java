package io.duckmesh.engine.rows;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.duckmesh.engine.schema.Column;
import io.duckmesh.engine.schema.ColumnType;
import io.duckmesh.engine.schema.ColumnType.ListOf;
import io.duckmesh.engine.schema.ColumnType.Primitive;
import io.duckmesh.engine.schema.ColumnType.Struct;
import io.duckmesh.engine.schema.RowSchema;
import io.duckmesh.engine.schema.TypeParser;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.arrow.vector.complex.StructVector;

/** Builds schemas and batches, and shows what is in them. */
public final class Rows {
  private Rows() {}

  /**
   * A schema of columns written as {@code name TYPE}, with {@code NOT NULL} or {@code DEFAULT json}
   * behind.
   */
  public static RowSchema schema(String... columns) {
    List<Column> result = new ArrayList<>();
    for (String column : columns) {
      String[] nameAndType = column.split(" ", 2);
      String type = nameAndType[1];
      boolean required = type.endsWith(" NOT NULL");
      type = required ? type.substring(0, type.length() - 9) : type;
      int defaultAt = type.indexOf(" DEFAULT ");
      String defaultValue = defaultAt < 0 ? null : type.substring(defaultAt + 9);
      type = defaultAt < 0 ? type : type.substring(0, defaultAt);
      result.add(
          new Column(
              result.size() + 1, nameAndType[0], TypeParser.parse(type), required, defaultValue));
    }
    return new RowSchema(1, result);
  }

  public static RowBatch read(
      String body,
      RowFormat format,
      RowSchema schema,
      RowOptions options,
      BufferAllocator allocator) {
    return read(body.getBytes(UTF_8), format, schema, options, allocator);
  }

  public static RowBatch read(
      byte[] body,
      RowFormat format,
      RowSchema schema,
      RowOptions options,
      BufferAllocator allocator) {
    try {
      return JsonRows.read(new ByteArrayInputStream(body), format, schema, options, allocator);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** All values as texts, row by row. */
  public static List<List<String>> values(RowBatch batch) {
    List<List<String>> rows = new ArrayList<>();
    for (int row = 0; row < batch.rowCount(); row++) {
      List<String> values = new ArrayList<>();
      for (int i = 0; i < batch.schema().columns().size(); i++) {
        values.add(
            value(batch.columns().getVector(i), batch.schema().columns().get(i).type(), row));
      }
      rows.add(values);
    }
    return rows;
  }

  private static String value(FieldVector vector, ColumnType type, int row) {
    if (vector.isNull(row)) {
      return "null";
    }
    if (type instanceof ListOf list) {
      ListVector lists = (ListVector) vector;
      List<String> elements = new ArrayList<>();
      for (int i = lists.getElementStartIndex(row); i < lists.getElementEndIndex(row); i++) {
        elements.add(value(lists.getDataVector(), list.element(), i));
      }
      return elements.toString();
    }
    if (type instanceof Struct struct) {
      List<String> fields = new ArrayList<>();
      for (int i = 0; i < struct.fields().size(); i++) {
        FieldVector child = (FieldVector) ((StructVector) vector).getChildByOrdinal(i);
        fields.add(value(child, struct.fields().get(i).type(), row));
      }
      return "{" + String.join(", ", fields) + "}";
    }
    Object value = vector.getObject(row);
    if (type == Primitive.UUID) {
      ByteBuffer bytes = ByteBuffer.wrap((byte[]) value);
      return new UUID(bytes.getLong(), bytes.getLong()).toString();
    }
    return value instanceof byte[] bytes ? HexFormat.of().formatHex(bytes) : value.toString();
  }
}
