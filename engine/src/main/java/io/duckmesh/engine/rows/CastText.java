package io.duckmesh.engine.rows;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.duckmesh.engine.schema.Column;
import io.duckmesh.engine.schema.ColumnType;
import io.duckmesh.engine.schema.ColumnType.Decimal;
import io.duckmesh.engine.schema.ColumnType.ListOf;
import io.duckmesh.engine.schema.ColumnType.Primitive;
import io.duckmesh.engine.schema.ColumnType.Struct;
import io.duckmesh.engine.schema.RowSchema;
import io.duckmesh.engine.schema.ValueText;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
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
import org.apache.arrow.vector.complex.ListVector;
import org.apache.arrow.vector.complex.StructVector;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/**
 * One value as a text that DuckDB casts to its type without loss. A value without parts is the text
 * of {@link ValueText}, of BLOB {@code \xAB} for each byte; LIST and STRUCT are JSON arrays and
 * objects whose leaves are strings of such texts.
 */
public final class CastText {
  private static final JsonFactory FACTORY = new JsonFactory();
  private static final HexFormat HEX = HexFormat.of().withPrefix("\\x").withUpperCase();
  private static final String COLUMN = "value";

  private CastText() {}

  /**
   * Reads a JSON text by the rules of {@link JsonRows}; null for JSON null.
   *
   * @throws InvalidRowsException if it does not fit the type; its first error names value and rule,
   *     and its column is {@code value} with the path inside it
   */
  public static @Nullable String fromJson(ColumnType type, String json) {
    RowSchema schema = new RowSchema(1, List.of(new Column(1, COLUMN, type, false, null)));
    byte[] row = "[{\"%s\":%s}]".formatted(COLUMN, json).getBytes(UTF_8);
    try (BufferAllocator allocator = new RootAllocator();
        RowBatch rows =
            JsonRows.read(
                new ByteArrayInputStream(row),
                RowFormat.JSON,
                schema,
                RowOptions.DEFAULTS.withMaxErrors(1),
                allocator)) {
      FieldVector vector = rows.columns().getVector(0);
      if (vector.isNull(0)) {
        return null;
      }
      if (type instanceof Primitive || type instanceof Decimal) {
        return leaf(vector, type, 0);
      }
      StringWriter text = new StringWriter();
      try (JsonGenerator generator = FACTORY.createGenerator(ObjectWriteContext.empty(), text)) {
        write(generator, vector, type, 0);
      }
      return text.toString();
    } catch (IOException e) {
      throw new UncheckedIOException("A text in memory can not be read", e);
    }
  }

  private static void write(JsonGenerator json, FieldVector vector, ColumnType type, int row) {
    if (vector.isNull(row)) {
      json.writeNull();
      return;
    }
    switch (type) {
      case Primitive primitive -> json.writeString(leaf(vector, primitive, row));
      case Decimal decimal -> json.writeString(leaf(vector, decimal, row));
      case ListOf list -> {
        ListVector lists = (ListVector) vector;
        json.writeStartArray();
        for (int i = lists.getElementStartIndex(row); i < lists.getElementEndIndex(row); i++) {
          write(json, lists.getDataVector(), list.element(), i);
        }
        json.writeEndArray();
      }
      case Struct struct -> {
        json.writeStartObject();
        for (int i = 0; i < struct.fields().size(); i++) {
          json.writeName(struct.fields().get(i).name());
          FieldVector field = (FieldVector) ((StructVector) vector).getChildByOrdinal(i);
          write(json, field, struct.fields().get(i).type(), row);
        }
        json.writeEndObject();
      }
    }
  }

  private static String leaf(FieldVector vector, ColumnType type, int row) {
    return switch (vector) {
      case BitVector bits -> Boolean.toString(bits.get(row) != 0);
      case SmallIntVector ints -> Short.toString(ints.get(row));
      case IntVector ints -> Integer.toString(ints.get(row));
      case BigIntVector ints -> Long.toString(ints.get(row));
      case Float4Vector reals -> ValueText.real(reals.get(row));
      case Float8Vector reals -> ValueText.doublePrecision(reals.get(row));
      case DecimalVector decimals -> ValueText.decimal(decimals.getObject(row));
      case VarCharVector texts -> new String(texts.get(row), UTF_8);
      case DateDayVector days -> ValueText.date(days.get(row));
      case TimeMicroVector times -> ValueText.time(times.get(row));
      case TimeStampVector times ->
          type == Primitive.TIMESTAMPTZ
              ? ValueText.timestamptz(times.get(row))
              : ValueText.timestamp(times.get(row));
      case FixedSizeBinaryVector fixed -> {
        ByteBuffer bytes = ByteBuffer.wrap(fixed.get(row));
        yield new UUID(bytes.getLong(), bytes.getLong()).toString();
      }
      case VarBinaryVector bytes -> HEX.formatHex(bytes.get(row));
      default -> throw new IllegalArgumentException("No text for values of " + type);
    };
  }
}
