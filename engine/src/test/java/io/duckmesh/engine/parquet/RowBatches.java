package io.duckmesh.engine.parquet;

import io.duckmesh.engine.rows.RowBatch;
import io.duckmesh.engine.schema.ArrowSchemas;
import io.duckmesh.engine.schema.Column;
import io.duckmesh.engine.schema.ColumnType;
import io.duckmesh.engine.schema.RowSchema;
import io.duckmesh.engine.schema.TypeParser;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.DateDayVector;
import org.apache.arrow.vector.DecimalVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.FixedSizeBinaryVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.SmallIntVector;
import org.apache.arrow.vector.TimeMicroVector;
import org.apache.arrow.vector.TimeStampVector;
import org.apache.arrow.vector.VarBinaryVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.arrow.vector.complex.StructVector;

/** Batches from Java values: List for LIST and STRUCT, epoch days, microseconds, BigDecimal, … */
public final class RowBatches {
  private RowBatches() {}

  /** A schema of columns written as {@code name TYPE}, with field ids from 1. */
  public static RowSchema schema(String... columns) {
    List<Column> parsed = new ArrayList<>();
    for (String column : columns) {
      int space = column.indexOf(' ');
      parsed.add(
          new Column(
              parsed.size() + 1,
              column.substring(0, space),
              TypeParser.parse(column.substring(space + 1)),
              false,
              null));
    }
    return new RowSchema(1, parsed);
  }

  public static Object[] row(Object... values) {
    return values;
  }

  public static RowBatch of(BufferAllocator allocator, RowSchema schema, Object[]... rows) {
    VectorSchemaRoot root = VectorSchemaRoot.create(ArrowSchemas.toArrow(schema), allocator);
    root.allocateNew();
    for (int column = 0; column < schema.columns().size(); column++) {
      FieldVector vector = root.getVector(column);
      for (int row = 0; row < rows.length; row++) {
        set(vector, row, schema.columns().get(column).type(), rows[row][column]);
      }
      vector.setValueCount(rows.length);
    }
    root.setRowCount(rows.length);
    return new RowBatch(schema, root, null);
  }

  private static void set(FieldVector vector, int index, ColumnType type, Object value) {
    if (value == null) {
      vector.setNull(index);
      return;
    }
    switch (vector) {
      case BitVector bits -> bits.setSafe(index, (Boolean) value ? 1 : 0);
      case SmallIntVector ints -> ints.setSafe(index, ((Number) value).shortValue());
      case IntVector ints -> ints.setSafe(index, ((Number) value).intValue());
      case BigIntVector ints -> ints.setSafe(index, ((Number) value).longValue());
      case Float4Vector floats -> floats.setSafe(index, ((Number) value).floatValue());
      case Float8Vector floats -> floats.setSafe(index, ((Number) value).doubleValue());
      case DecimalVector decimals ->
          decimals.setSafe(index, ((BigDecimal) value).setScale(decimals.getScale()));
      case VarCharVector texts ->
          texts.setSafe(index, ((String) value).getBytes(StandardCharsets.UTF_8));
      case VarBinaryVector bytes -> bytes.setSafe(index, (byte[]) value);
      case DateDayVector days -> days.setSafe(index, ((Number) value).intValue());
      case TimeMicroVector times -> times.setSafe(index, ((Number) value).longValue());
      case TimeStampVector times -> times.setSafe(index, ((Number) value).longValue());
      case FixedSizeBinaryVector fixed -> {
        UUID uuid = (UUID) value;
        fixed.setSafe(
            index,
            ByteBuffer.allocate(16)
                .putLong(uuid.getMostSignificantBits())
                .putLong(uuid.getLeastSignificantBits())
                .array());
      }
      case ListVector lists -> {
        List<?> elements = (List<?>) value;
        int start = lists.startNewValue(index);
        for (int i = 0; i < elements.size(); i++) {
          set(
              lists.getDataVector(),
              start + i,
              ((ColumnType.ListOf) type).element(),
              elements.get(i));
        }
        lists.endValue(index, elements.size());
        lists.getDataVector().setValueCount(start + elements.size());
      }
      case StructVector structs -> {
        structs.setIndexDefined(index);
        List<?> fields = (List<?>) value;
        for (int i = 0; i < fields.size(); i++) {
          set(
              structs.getChildrenFromFields().get(i),
              index,
              ((ColumnType.Struct) type).fields().get(i).type(),
              fields.get(i));
        }
      }
      default -> throw new IllegalArgumentException("No values for " + vector.getField());
    }
  }
}
