package io.duckmesh.engine.query.duckdb;

import static java.util.Objects.requireNonNull;

import io.duckmesh.engine.query.JsonStyle;
import io.duckmesh.engine.query.QueryFailedException;
import java.io.OutputStream;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.vector.BaseVariableWidthVector;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.DateDayVector;
import org.apache.arrow.vector.DecimalVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.FixedSizeBinaryVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.IntervalMonthDayNanoVector;
import org.apache.arrow.vector.NullVector;
import org.apache.arrow.vector.SmallIntVector;
import org.apache.arrow.vector.TimeMicroVector;
import org.apache.arrow.vector.TimeNanoVector;
import org.apache.arrow.vector.TimeStampMicroTZVector;
import org.apache.arrow.vector.TimeStampMicroVector;
import org.apache.arrow.vector.TimeStampMilliVector;
import org.apache.arrow.vector.TimeStampNanoTZVector;
import org.apache.arrow.vector.TimeStampNanoVector;
import org.apache.arrow.vector.TimeStampSecVector;
import org.apache.arrow.vector.TimeStampVector;
import org.apache.arrow.vector.TinyIntVector;
import org.apache.arrow.vector.UInt1Vector;
import org.apache.arrow.vector.UInt2Vector;
import org.apache.arrow.vector.UInt4Vector;
import org.apache.arrow.vector.UInt8Vector;
import org.apache.arrow.vector.VarBinaryVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.complex.FixedSizeListVector;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.arrow.vector.complex.MapVector;
import org.apache.arrow.vector.complex.StructVector;
import org.apache.arrow.vector.dictionary.DictionaryProvider;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.parquet.column.ColumnWriter;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.schema.ConversionPatterns;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.TimeUnit;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;
import org.apache.parquet.schema.Type.Repetition;
import org.apache.parquet.schema.Types;
import org.jspecify.annotations.Nullable;

/**
 * How a type of DuckDB goes into Parquet: the type there, and the values of an Arrow vector. Each
 * optional field adds one definition level for its presence and each list one for that of an
 * element.
 */
abstract sealed class ParquetField {
  private static final int WIDE_BYTES = 16;
  private static final int WIDE_DIGITS = 38;

  /** The type as a field of that name. */
  abstract Type type(String name, Repetition repetition);

  /**
   * The values that the vector holds now.
   *
   * @param leaves the writers of this field's leaves come next
   * @param level repetition level of the lists around
   */
  abstract Values bind(
      FieldVector vector,
      DictionaryProvider dictionaries,
      Iterator<ColumnWriter> leaves,
      int level,
      Repetition repetition);

  /** The values of one vector and where they go. */
  abstract static class Values {
    private final FieldVector vector;

    /** Definition levels that presence of this field adds: none if it is always there. */
    private final int own;

    Values(FieldVector vector, Repetition repetition) {
      this.vector = vector;
      this.own = repetition == Repetition.REQUIRED ? 0 : 1;
    }

    final void write(int row, int repetition, int definition) {
      if (isNull(row)) {
        writeAbsent(repetition, definition);
      } else {
        writePresent(row, repetition, definition + own);
      }
    }

    boolean isNull(int row) {
      return vector.isNull(row);
    }

    abstract void writePresent(int row, int repetition, int definition);

    /** Writes that the field is not there, or something above it. */
    abstract void writeAbsent(int repetition, int definition);
  }

  static ParquetField of(FieldVector vector, DictionaryProvider dictionaries) {
    Field field = vector.getField();
    if (field.getDictionary() != null) {
      return text(LogicalTypeAnnotation.stringType());
    }
    String extension = field.getMetadata().getOrDefault("ARROW:extension:name", "");
    String opaque = field.getMetadata().getOrDefault("ARROW:extension:metadata", "");
    return switch (vector) {
      case TinyIntVector v ->
          extension.equals("arrow.bool8")
              ? leaf(PrimitiveTypeName.BOOLEAN, null, ParquetField::bool8)
              : integer(8, true);
      case BitVector v -> leaf(PrimitiveTypeName.BOOLEAN, null, ParquetField::bits);
      case SmallIntVector v -> integer(16, true);
      case IntVector v -> integer(32, true);
      case BigIntVector v -> integer(64, true);
      case UInt1Vector v -> integer(8, false);
      case UInt2Vector v -> integer(16, false);
      case UInt4Vector v -> integer(32, false);
      case UInt8Vector v -> integer(64, false);
      case Float4Vector v -> leaf(PrimitiveTypeName.FLOAT, null, ParquetField::floats);
      case Float8Vector v -> leaf(PrimitiveTypeName.DOUBLE, null, ParquetField::doubles);
      case DecimalVector v -> decimal(v.getPrecision(), v.getScale());
      case VarCharVector v ->
          leaf(
              PrimitiveTypeName.BINARY,
              extension.equals("arrow.json")
                  ? LogicalTypeAnnotation.jsonType()
                  : LogicalTypeAnnotation.stringType(),
              ParquetField::bytes);
      case DateDayVector v ->
          leaf(
              PrimitiveTypeName.INT32,
              LogicalTypeAnnotation.dateType(),
              (at, writer) -> ints(at, writer, ((DateDayVector) at)::get));
      case TimeMicroVector v ->
          leaf(
              PrimitiveTypeName.INT64,
              LogicalTypeAnnotation.timeType(false, TimeUnit.MICROS),
              (at, writer) -> longs(at, writer, ((TimeMicroVector) at)::get));
      case TimeNanoVector v ->
          leaf(
              PrimitiveTypeName.INT64,
              LogicalTypeAnnotation.timeType(false, TimeUnit.NANOS),
              (at, writer) -> longs(at, writer, ((TimeNanoVector) at)::get));
      case TimeStampSecVector v ->
          leaf(
              PrimitiveTypeName.INT64,
              LogicalTypeAnnotation.timestampType(false, TimeUnit.MILLIS),
              (at, writer) -> longs(at, writer, row -> millis(((TimeStampSecVector) at).get(row))));
      case TimeStampMilliVector v -> timestamp(false, TimeUnit.MILLIS);
      case TimeStampMicroVector v -> timestamp(false, TimeUnit.MICROS);
      case TimeStampMicroTZVector v -> timestamp(true, TimeUnit.MICROS);
      case TimeStampNanoVector v -> timestamp(false, TimeUnit.NANOS);
      case TimeStampNanoTZVector v -> timestamp(true, TimeUnit.NANOS);
      case FixedSizeBinaryVector v -> fixedBytes(v, extension, opaque);
      case VarBinaryVector v ->
          opaque.contains("\"bit\"") || opaque.contains("\"bignum\"")
              ? text(LogicalTypeAnnotation.stringType())
              : leaf(PrimitiveTypeName.BINARY, null, ParquetField::bytes);
      case IntervalMonthDayNanoVector v -> text(LogicalTypeAnnotation.stringType());
      case NullVector v -> leaf(PrimitiveTypeName.INT32, null, ParquetField::nothing);
      case MapVector v -> MapField.of(v, dictionaries);
      case ListVector v -> new ListField(of(v.getDataVector(), dictionaries));
      case FixedSizeListVector v -> new ListField(of(v.getDataVector(), dictionaries));
      case StructVector v ->
          v.getChildrenFromFields().isEmpty()
              ? text(LogicalTypeAnnotation.jsonType())
              : StructField.of(v, dictionaries);
      default ->
          throw new IllegalStateException(
              "No Parquet for %s of column %s".formatted(field.getType(), field.getName()));
    };
  }

  // Leaves

  /** Makes the values of a vector that go into one column. */
  private interface Binder {
    Values bind(FieldVector vector, ColumnWriter writer);
  }

  private interface IntCell {
    int at(int row);
  }

  private interface LongCell {
    long at(int row);
  }

  /** Writes a value that is there. */
  private interface Cell {
    void write(int row, int repetition, int definition);
  }

  private static ParquetField leaf(
      PrimitiveTypeName primitive, @Nullable LogicalTypeAnnotation meaning, Binder binder) {
    return new LeafField(primitive, 0, meaning, binder);
  }

  private static ParquetField integer(int bits, boolean signed) {
    LogicalTypeAnnotation meaning = LogicalTypeAnnotation.intType(bits, signed);
    return bits == 64
        ? leaf(PrimitiveTypeName.INT64, meaning, ParquetField::integers64)
        : leaf(PrimitiveTypeName.INT32, meaning, ParquetField::integers);
  }

  private static ParquetField timestamp(boolean instant, TimeUnit unit) {
    return leaf(
        PrimitiveTypeName.INT64,
        LogicalTypeAnnotation.timestampType(instant, unit),
        (vector, writer) -> longs(vector, writer, ((TimeStampVector) vector)::get));
  }

  /** Seconds as milliseconds; the infinities stay what they are. */
  private static long millis(long seconds) {
    return seconds == Long.MAX_VALUE || seconds == -Long.MAX_VALUE
        ? seconds
        : Math.multiplyExact(seconds, 1_000L);
  }

  private static ParquetField decimal(int precision, int scale) {
    LogicalTypeAnnotation meaning = LogicalTypeAnnotation.decimalType(scale, precision);
    if (precision <= 9) {
      return leaf(
          PrimitiveTypeName.INT32,
          meaning,
          (vector, writer) -> ints(vector, writer, row -> (int) lowBits(vector, row)));
    }
    if (precision <= 18) {
      return leaf(
          PrimitiveTypeName.INT64,
          meaning,
          (vector, writer) -> longs(vector, writer, row -> lowBits(vector, row)));
    }
    return wide(meaning, (vector, row) -> reversed(vector, row));
  }

  /** What fits into 18 digits is whole in the low 64 of Arrow's 128 little-endian bits. */
  private static long lowBits(FieldVector vector, int row) {
    return vector.getDataBuffer().getLong((long) row * WIDE_BYTES);
  }

  private static byte[] reversed(FieldVector vector, int row) {
    byte[] bytes = new byte[WIDE_BYTES];
    ArrowBuf values = vector.getDataBuffer();
    long start = (long) row * WIDE_BYTES;
    for (int i = 0; i < bytes.length; i++) {
      bytes[bytes.length - 1 - i] = values.getByte(start + i);
    }
    return bytes;
  }

  /** Where a value is, in words; elements of lists have no name of the statement's. */
  private static String place(FieldVector vector) {
    return vector.getName().equals(ListVector.DATA_VECTOR_NAME)
        ? "A list"
        : "Column " + vector.getName();
  }

  private static ParquetField fixedBytes(
      FixedSizeBinaryVector vector, String extension, String opaque) {
    if (extension.equals("arrow.uuid")) {
      return wide(
          LogicalTypeAnnotation.uuidType(), (at, row) -> ((FixedSizeBinaryVector) at).get(row));
    }
    if (opaque.contains("hugeint\"")) {
      boolean signed = !opaque.contains("\"uhugeint\"");
      return wide(
          LogicalTypeAnnotation.decimalType(0, WIDE_DIGITS),
          (at, row) -> {
            byte[] bytes = reversed(at, row);
            BigInteger value = signed ? new BigInteger(bytes) : new BigInteger(1, bytes);
            if (value.abs().compareTo(HugeIntegers.END) >= 0) {
              throw new QueryFailedException(
                  "%s holds %s, and integers of a Parquet file have up to %d digits; cast it to VARCHAR"
                      .formatted(place(at), value, WIDE_DIGITS));
            }
            return bytes;
          });
    }
    if (opaque.contains("\"time_tz\"")) {
      return text(LogicalTypeAnnotation.stringType());
    }
    return new LeafField(
        PrimitiveTypeName.FIXED_LEN_BYTE_ARRAY,
        vector.getByteWidth(),
        null,
        (at, writer) ->
            binaries(at, writer, (same, row) -> ((FixedSizeBinaryVector) same).get(row)));
  }

  /** Loaded with the first column that needs it. */
  private static final class HugeIntegers {
    static final BigInteger END = BigInteger.TEN.pow(WIDE_DIGITS);

    private HugeIntegers() {}
  }

  private interface BytesCell {
    byte[] at(FieldVector vector, int row);
  }

  private static ParquetField wide(LogicalTypeAnnotation meaning, BytesCell cell) {
    return new LeafField(
        PrimitiveTypeName.FIXED_LEN_BYTE_ARRAY,
        WIDE_BYTES,
        meaning,
        (vector, writer) -> binaries(vector, writer, cell));
  }

  /** What Parquet has no type for, as the text that other formats have. */
  private static ParquetField text(LogicalTypeAnnotation meaning) {
    return new TextField(meaning);
  }

  private static Values bool8(FieldVector vector, ColumnWriter writer) {
    TinyIntVector values = (TinyIntVector) vector;
    return new LeafValues(
        vector,
        writer,
        (row, repetition, definition) ->
            writer.write(values.get(row) != 0, repetition, definition));
  }

  private static Values bits(FieldVector vector, ColumnWriter writer) {
    BitVector values = (BitVector) vector;
    return new LeafValues(
        vector,
        writer,
        (row, repetition, definition) ->
            writer.write(values.get(row) != 0, repetition, definition));
  }

  private static Values integers(FieldVector vector, ColumnWriter writer) {
    return switch (vector) {
      case TinyIntVector v -> ints(v, writer, v::get);
      case SmallIntVector v -> ints(v, writer, v::get);
      case IntVector v -> ints(v, writer, v::get);
      case UInt1Vector v -> ints(v, writer, row -> Byte.toUnsignedInt(v.get(row)));
      case UInt2Vector v -> ints(v, writer, v::get);
      case UInt4Vector v -> ints(v, writer, v::get);
      default -> throw new IllegalStateException("Not 32 bits: " + vector.getField());
    };
  }

  private static Values integers64(FieldVector vector, ColumnWriter writer) {
    ArrowBuf values = vector.getDataBuffer();
    return longs(vector, writer, row -> values.getLong((long) row << 3));
  }

  private static Values ints(FieldVector vector, ColumnWriter writer, IntCell cell) {
    return new LeafValues(
        vector,
        writer,
        (row, repetition, definition) -> writer.write(cell.at(row), repetition, definition));
  }

  private static Values longs(FieldVector vector, ColumnWriter writer, LongCell cell) {
    return new LeafValues(
        vector,
        writer,
        (row, repetition, definition) -> writer.write(cell.at(row), repetition, definition));
  }

  private static Values floats(FieldVector vector, ColumnWriter writer) {
    Float4Vector values = (Float4Vector) vector;
    return new LeafValues(
        vector,
        writer,
        (row, repetition, definition) -> writer.write(values.get(row), repetition, definition));
  }

  private static Values doubles(FieldVector vector, ColumnWriter writer) {
    Float8Vector values = (Float8Vector) vector;
    return new LeafValues(
        vector,
        writer,
        (row, repetition, definition) -> writer.write(values.get(row), repetition, definition));
  }

  private static Values bytes(FieldVector vector, ColumnWriter writer) {
    BaseVariableWidthVector values = (BaseVariableWidthVector) vector;
    return binaries(
        vector,
        writer,
        (at, row) -> {
          int start = values.getStartOffset(row);
          byte[] bytes = new byte[values.getEndOffset(row) - start];
          values.getDataBuffer().getBytes(start, bytes);
          return bytes;
        });
  }

  private static Values binaries(FieldVector vector, ColumnWriter writer, BytesCell cell) {
    return new LeafValues(
        vector,
        writer,
        (row, repetition, definition) ->
            writer.write(
                Binary.fromConstantByteArray(cell.at(vector, row)), repetition, definition));
  }

  private static Values nothing(FieldVector vector, ColumnWriter writer) {
    return new LeafValues(
        vector,
        writer,
        (row, repetition, definition) -> {
          throw new IllegalStateException("A value of no type: " + vector.getField());
        });
  }

  /** A leaf with the values of its vector. */
  private static final class LeafField extends ParquetField {
    private final PrimitiveTypeName primitive;
    private final int length;
    private final @Nullable LogicalTypeAnnotation meaning;
    private final Binder binder;

    LeafField(
        PrimitiveTypeName primitive,
        int length,
        @Nullable LogicalTypeAnnotation meaning,
        Binder binder) {
      this.primitive = primitive;
      this.length = length;
      this.meaning = meaning;
      this.binder = binder;
    }

    @Override
    Type type(String name, Repetition repetition) {
      return primitive(primitive, length, meaning, name, repetition);
    }

    @Override
    Values bind(
        FieldVector vector,
        DictionaryProvider dictionaries,
        Iterator<ColumnWriter> leaves,
        int level,
        Repetition repetition) {
      Values values = binder.bind(vector, leaves.next());
      return repetition == Repetition.REQUIRED ? ((LeafValues) values).required() : values;
    }
  }

  private static Type primitive(
      PrimitiveTypeName primitive,
      int length,
      @Nullable LogicalTypeAnnotation meaning,
      String name,
      Repetition repetition) {
    Types.PrimitiveBuilder<org.apache.parquet.schema.PrimitiveType> builder =
        Types.primitive(primitive, repetition);
    if (length > 0) {
      builder = builder.length(length);
    }
    if (meaning != null) {
      builder = builder.as(meaning);
    }
    return builder.named(name);
  }

  /** A leaf with the texts of its vector's values. */
  private static final class TextField extends ParquetField {
    private final LogicalTypeAnnotation meaning;

    TextField(LogicalTypeAnnotation meaning) {
      this.meaning = meaning;
    }

    @Override
    Type type(String name, Repetition repetition) {
      return primitive(PrimitiveTypeName.BINARY, 0, meaning, name, repetition);
    }

    @Override
    Values bind(
        FieldVector vector,
        DictionaryProvider dictionaries,
        Iterator<ColumnWriter> leaves,
        int level,
        Repetition repetition) {
      boolean json = meaning.equals(LogicalTypeAnnotation.jsonType());
      return new TextValues(
          vector,
          leaves.next(),
          CellWriter.of(vector, dictionaries, JsonStyle.NUMBERS),
          json,
          repetition);
    }
  }

  private static final class LeafValues extends Values {
    private final FieldVector vector;
    private final ColumnWriter writer;
    private final Cell cell;

    LeafValues(FieldVector vector, ColumnWriter writer, Cell cell) {
      this(vector, writer, cell, Repetition.OPTIONAL);
    }

    private LeafValues(FieldVector vector, ColumnWriter writer, Cell cell, Repetition repetition) {
      super(vector, repetition);
      this.vector = vector;
      this.writer = writer;
      this.cell = cell;
    }

    LeafValues required() {
      return new LeafValues(vector, writer, cell, Repetition.REQUIRED);
    }

    @Override
    void writePresent(int row, int repetition, int definition) {
      cell.write(row, repetition, definition);
    }

    @Override
    void writeAbsent(int repetition, int definition) {
      writer.writeNull(repetition, definition);
    }
  }

  private static final class TextValues extends Values {
    private final ColumnWriter writer;
    private final CellWriter texts;
    private final boolean json;
    private final ByteSink text = new ByteSink(OutputStream.nullOutputStream());

    TextValues(
        FieldVector vector,
        ColumnWriter writer,
        CellWriter texts,
        boolean json,
        Repetition repetition) {
      super(vector, repetition);
      this.writer = writer;
      this.texts = texts;
      this.json = json;
    }

    @Override
    boolean isNull(int row) {
      return texts.isNull(row);
    }

    @Override
    void writePresent(int row, int repetition, int definition) {
      text.clear();
      if (json) {
        texts.writeJson(row, text);
      } else {
        texts.writePlain(row, text);
      }
      writer.write(Binary.fromConstantByteArray(text.toByteArray()), repetition, definition);
    }

    @Override
    void writeAbsent(int repetition, int definition) {
      writer.writeNull(repetition, definition);
    }
  }

  // Nested

  private static final class ListField extends ParquetField {
    private final ParquetField element;

    ListField(ParquetField element) {
      this.element = element;
    }

    @Override
    Type type(String name, Repetition repetition) {
      return Types.list(repetition)
          .element(element.type("element", Repetition.OPTIONAL))
          .named(name);
    }

    @Override
    Values bind(
        FieldVector vector,
        DictionaryProvider dictionaries,
        Iterator<ColumnWriter> leaves,
        int level,
        Repetition repetition) {
      FieldVector elements =
          vector instanceof FixedSizeListVector fixed
              ? fixed.getDataVector()
              : ((ListVector) vector).getDataVector();
      Values bound = element.bind(elements, dictionaries, leaves, level + 1, Repetition.OPTIONAL);
      return new RepeatedValues(vector, List.of(bound), level + 1, repetition);
    }
  }

  private static final class MapField extends ParquetField {
    private final ParquetField key;
    private final ParquetField value;

    private MapField(ParquetField key, ParquetField value) {
      this.key = key;
      this.value = value;
    }

    static MapField of(MapVector vector, DictionaryProvider dictionaries) {
      List<FieldVector> entry = entries(vector);
      return new MapField(
          ParquetField.of(entry.get(0), dictionaries), ParquetField.of(entry.get(1), dictionaries));
    }

    private static List<FieldVector> entries(MapVector vector) {
      return ((StructVector) vector.getDataVector()).getChildrenFromFields();
    }

    @Override
    Type type(String name, Repetition repetition) {
      return ConversionPatterns.mapType(
          repetition,
          name,
          "key_value",
          key.type("key", Repetition.REQUIRED),
          value.type("value", Repetition.OPTIONAL));
    }

    @Override
    Values bind(
        FieldVector vector,
        DictionaryProvider dictionaries,
        Iterator<ColumnWriter> leaves,
        int level,
        Repetition repetition) {
      List<FieldVector> entry = entries((MapVector) vector);
      Values keys = key.bind(entry.get(0), dictionaries, leaves, level + 1, Repetition.REQUIRED);
      Values values =
          value.bind(entry.get(1), dictionaries, leaves, level + 1, Repetition.OPTIONAL);
      return new RepeatedValues(vector, List.of(keys, values), level + 1, repetition);
    }
  }

  /** A list, or a map as a list of keys and values. */
  private static final class RepeatedValues extends Values {
    private final FieldVector vector;
    private final List<Values> parts;
    private final int level;

    RepeatedValues(FieldVector vector, List<Values> parts, int level, Repetition repetition) {
      super(vector, repetition);
      this.vector = vector;
      this.parts = parts;
      this.level = level;
    }

    @Override
    void writePresent(int row, int repetition, int definition) {
      int start;
      int end;
      if (vector instanceof FixedSizeListVector fixed) {
        start = row * fixed.getListSize();
        end = start + fixed.getListSize();
      } else {
        ListVector list = (ListVector) vector;
        start = list.getElementStartIndex(row);
        end = list.getElementEndIndex(row);
      }
      if (start == end) {
        writeAbsent(repetition, definition);
        return;
      }
      for (int i = start; i < end; i++) {
        for (Values part : parts) {
          part.write(i, i == start ? repetition : level, definition + 1);
        }
      }
    }

    @Override
    void writeAbsent(int repetition, int definition) {
      for (Values part : parts) {
        part.writeAbsent(repetition, definition);
      }
    }
  }

  private static final class StructField extends ParquetField {
    private final List<String> names;
    private final List<ParquetField> fields;

    private StructField(List<String> names, List<ParquetField> fields) {
      this.names = names;
      this.fields = fields;
    }

    static StructField of(StructVector vector, DictionaryProvider dictionaries) {
      List<String> names = new ArrayList<>();
      List<ParquetField> fields = new ArrayList<>();
      for (FieldVector child : vector.getChildrenFromFields()) {
        names.add(requireNonNull(child.getName(), "A field of a struct has no name"));
        fields.add(ParquetField.of(child, dictionaries));
      }
      return new StructField(ParquetColumns.distinct(names), List.copyOf(fields));
    }

    @Override
    Type type(String name, Repetition repetition) {
      Types.GroupBuilder<org.apache.parquet.schema.GroupType> group = Types.buildGroup(repetition);
      for (int i = 0; i < fields.size(); i++) {
        group.addField(fields.get(i).type(names.get(i), Repetition.OPTIONAL));
      }
      return group.named(name);
    }

    @Override
    Values bind(
        FieldVector vector,
        DictionaryProvider dictionaries,
        Iterator<ColumnWriter> leaves,
        int level,
        Repetition repetition) {
      List<Values> values = new ArrayList<>();
      List<FieldVector> children = ((StructVector) vector).getChildrenFromFields();
      for (int i = 0; i < fields.size(); i++) {
        values.add(
            fields.get(i).bind(children.get(i), dictionaries, leaves, level, Repetition.OPTIONAL));
      }
      return new StructValues(vector, values, repetition);
    }
  }

  private static final class StructValues extends Values {
    private final List<Values> fields;

    StructValues(FieldVector vector, List<Values> fields, Repetition repetition) {
      super(vector, repetition);
      this.fields = List.copyOf(fields);
    }

    @Override
    void writePresent(int row, int repetition, int definition) {
      for (Values field : fields) {
        field.write(row, repetition, definition);
      }
    }

    @Override
    void writeAbsent(int repetition, int definition) {
      for (Values field : fields) {
        field.writeAbsent(repetition, definition);
      }
    }
  }
}
