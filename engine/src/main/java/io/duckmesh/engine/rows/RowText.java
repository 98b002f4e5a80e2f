package io.duckmesh.engine.rows;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.duckmesh.engine.schema.Column;
import io.duckmesh.engine.schema.ColumnType;
import io.duckmesh.engine.schema.ColumnType.Decimal;
import io.duckmesh.engine.schema.ColumnType.ListOf;
import io.duckmesh.engine.schema.ColumnType.Primitive;
import io.duckmesh.engine.schema.ColumnType.Struct;
import io.duckmesh.engine.schema.ValueText;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.UUID;
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
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** Writes rows as the JSON text that {@link JsonRows} reads back as the same rows. */
public final class RowText {
  private static final JsonFactory FACTORY = new JsonFactory();

  private RowText() {}

  /** The row as a JSON object with all columns of the schema. */
  public static String json(RowBatch rows, int row) {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    try (JsonGenerator json = FACTORY.createGenerator(ObjectWriteContext.empty(), text)) {
      List<Column> columns = rows.schema().columns();
      json.writeStartObject();
      for (int i = 0; i < columns.size(); i++) {
        json.writeName(columns.get(i).name());
        write(json, rows.columns().getVector(i), columns.get(i).type(), row);
      }
      json.writeEndObject();
    }
    return text.toString(UTF_8);
  }

  private static void write(JsonGenerator json, FieldVector vector, ColumnType type, int row) {
    if (vector.isNull(row)) {
      json.writeNull();
      return;
    }
    switch (type) {
      case Primitive primitive -> write(json, vector, primitive, row);
      case Decimal decimal ->
          json.writeNumber(((DecimalVector) vector).getObject(row).toPlainString());
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

  private static void write(JsonGenerator json, FieldVector vector, Primitive type, int row) {
    switch (type) {
      case BOOLEAN -> json.writeBoolean(((BitVector) vector).get(row) != 0);
      case SMALLINT -> json.writeNumber(((SmallIntVector) vector).get(row));
      case INTEGER -> json.writeNumber(((IntVector) vector).get(row));
      case BIGINT -> json.writeNumber(((BigIntVector) vector).get(row));
      case REAL ->
          real(
              json,
              ((Float4Vector) vector).get(row),
              ValueText.real(((Float4Vector) vector).get(row)));
      case DOUBLE ->
          real(
              json,
              ((Float8Vector) vector).get(row),
              ValueText.doublePrecision(((Float8Vector) vector).get(row)));
      case VARCHAR -> json.writeString(new String(((VarCharVector) vector).get(row), UTF_8));
      case DATE -> json.writeString(ValueText.date(((DateDayVector) vector).get(row)));
      case TIME -> json.writeString(ValueText.time(((TimeMicroVector) vector).get(row)));
      case TIMESTAMP -> json.writeString(ValueText.timestamp(((TimeStampVector) vector).get(row)));
      case TIMESTAMPTZ ->
          json.writeString(ValueText.timestamptz(((TimeStampVector) vector).get(row)));
      case UUID -> {
        ByteBuffer bytes = ByteBuffer.wrap(((FixedSizeBinaryVector) vector).get(row));
        json.writeString(new UUID(bytes.getLong(), bytes.getLong()).toString());
      }
      case BLOB -> json.writeBinary(((VarBinaryVector) vector).get(row));
      case JSON -> json.writeRawValue(new String(((VarCharVector) vector).get(row), UTF_8));
    }
  }

  private static void real(JsonGenerator json, double value, String text) {
    if (Double.isFinite(value)) {
      json.writeNumber(text);
    } else {
      json.writeString(text);
    }
  }
}
