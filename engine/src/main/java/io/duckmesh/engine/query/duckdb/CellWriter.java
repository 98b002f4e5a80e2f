package io.duckmesh.engine.query.duckdb;

import io.duckmesh.engine.query.JsonStyle;
import io.duckmesh.engine.query.JsonStyle.Numbers;
import io.duckmesh.engine.schema.ValueText;
import java.io.OutputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
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
import org.apache.arrow.vector.TinyIntVector;
import org.apache.arrow.vector.UInt1Vector;
import org.apache.arrow.vector.UInt2Vector;
import org.apache.arrow.vector.UInt4Vector;
import org.apache.arrow.vector.UInt8Vector;
import org.apache.arrow.vector.ValueVector;
import org.apache.arrow.vector.VarBinaryVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.complex.FixedSizeListVector;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.arrow.vector.complex.MapVector;
import org.apache.arrow.vector.complex.StructVector;
import org.apache.arrow.vector.dictionary.Dictionary;
import org.apache.arrow.vector.dictionary.DictionaryProvider;
import org.apache.arrow.vector.types.pojo.DictionaryEncoding;
import org.apache.arrow.vector.types.pojo.Field;

/**
 * Writes the values of one Arrow vector as text.
 *
 * <p>JSON: integers and decimals are numbers with all their digits, or strings of them where the
 * style says so, REAL and DOUBLE numbers that read back as the same value, except that NaN and the
 * infinities, which JSON has no numbers for, are the texts {@code NaN}, {@code Infinity} and {@code
 * -Infinity}. JSON values stand as they are, BLOB is base64, times are as {@link ValueText} writes
 * them, INTERVAL is an ISO 8601 duration, LIST an array, STRUCT an object, MAP an object whose keys
 * are the keys' plain text, BIT its digits. Plain text is the same without quotes and escapes.
 */
abstract class CellWriter {
  /** Whether the value stands in quotes as JSON. */
  enum Form {
    QUOTED,
    BARE
  }

  private final ValueVector vector;

  CellWriter(ValueVector vector) {
    this.vector = vector;
  }

  final ValueVector vector() {
    return vector;
  }

  boolean isNull(int row) {
    return vector.isNull(row);
  }

  /** The value as JSON; {@code null} if it is null. */
  final void writeJson(int row, ByteSink sink) {
    if (isNull(row)) {
      sink.writeAscii("null");
    } else {
      writeJsonValue(row, sink);
    }
  }

  /** The value, which is not null, as JSON. */
  abstract void writeJsonValue(int row, ByteSink sink);

  /** The value, which is not null, as plain text. */
  abstract void writePlain(int row, ByteSink sink);

  static CellWriter of(FieldVector vector, DictionaryProvider dictionaries, JsonStyle style) {
    Field field = vector.getField();
    DictionaryEncoding encoding = field.getDictionary();
    if (encoding != null) {
      Dictionary dictionary = dictionaries.lookup(encoding.getId());
      return new EnumWriter(vector, of(dictionary.getVector(), dictionaries, style));
    }
    String extension = field.getMetadata().getOrDefault("ARROW:extension:name", "");
    String opaque = field.getMetadata().getOrDefault("ARROW:extension:metadata", "");
    return switch (vector) {
      case TinyIntVector v ->
          extension.equals("arrow.bool8")
              ? new BooleanWriter(v, row -> v.get(row) != 0)
              : new LongWriter(v, v::get);
      case BitVector v -> new BooleanWriter(v, row -> v.get(row) != 0);
      case SmallIntVector v -> new LongWriter(v, v::get);
      case IntVector v -> new LongWriter(v, v::get);
      case BigIntVector v -> styled(new LongWriter(v, v::get), style.integers());
      case UInt1Vector v -> new LongWriter(v, row -> Byte.toUnsignedInt(v.get(row)));
      case UInt2Vector v -> new LongWriter(v, v::get);
      case UInt4Vector v -> new LongWriter(v, row -> Integer.toUnsignedLong(v.get(row)));
      case UInt8Vector v ->
          styled(
              new AsciiWriter(v, Form.BARE, row -> Long.toUnsignedString(v.get(row))),
              style.integers());
      case Float4Vector v -> new FloatWriter(v, v::get, row -> ValueText.real(v.get(row)));
      case Float8Vector v ->
          new FloatWriter(v, v::get, row -> ValueText.doublePrecision(v.get(row)));
      case DecimalVector v -> styled(new DecimalWriter(v), style.decimals());
      case VarCharVector v ->
          extension.equals("arrow.json") ? new JsonWriter(v) : new TextWriter(v);
      case DateDayVector v ->
          new TimeWriter(v, (row, sink) -> DateTimes.writeDate(sink, v.get(row)));
      case TimeMicroVector v -> new AsciiWriter(v, Form.QUOTED, row -> ValueText.time(v.get(row)));
      case TimeNanoVector v -> new AsciiWriter(v, Form.QUOTED, row -> Times.timeNanos(v.get(row)));
      case TimeStampSecVector v ->
          new AsciiWriter(v, Form.QUOTED, row -> Times.timestamp(v.get(row), 1, false));
      case TimeStampMilliVector v ->
          new AsciiWriter(v, Form.QUOTED, row -> Times.timestamp(v.get(row), 1_000, false));
      case TimeStampMicroVector v ->
          new TimeWriter(v, (row, sink) -> DateTimes.writeTimestamp(sink, v.get(row), false));
      case TimeStampMicroTZVector v ->
          new TimeWriter(v, (row, sink) -> DateTimes.writeTimestamp(sink, v.get(row), true));
      case TimeStampNanoVector v ->
          new AsciiWriter(v, Form.QUOTED, row -> Times.timestamp(v.get(row), 1_000_000_000, false));
      case TimeStampNanoTZVector v ->
          new AsciiWriter(v, Form.QUOTED, row -> Times.timestamp(v.get(row), 1_000_000_000, true));
      case IntervalMonthDayNanoVector v ->
          new AsciiWriter(v, Form.QUOTED, row -> Times.interval(v, row));
      case FixedSizeBinaryVector v -> fixedBytes(v, extension, opaque, style);
      case VarBinaryVector v -> bytes(v, opaque, style);
      case NullVector v -> new NothingWriter(v);
      case MapVector v -> new MapWriter(v, dictionaries, style);
      case ListVector v ->
          new ListWriter(
              v,
              of(v.getDataVector(), dictionaries, style),
              v::getElementStartIndex,
              v::getElementEndIndex);
      case FixedSizeListVector v ->
          new ListWriter(
              v,
              of(v.getDataVector(), dictionaries, style),
              row -> row * v.getListSize(),
              row -> (row + 1) * v.getListSize());
      case StructVector v -> new StructWriter(v, dictionaries, style);
      default ->
          throw new IllegalStateException(
              "No text for %s of column %s".formatted(field.getType(), field.getName()));
    };
  }

  private static CellWriter styled(CellWriter number, Numbers style) {
    return style == Numbers.STRING ? new QuotedWriter(number) : number;
  }

  private static CellWriter fixedBytes(
      FixedSizeBinaryVector vector, String extension, String opaque, JsonStyle style) {
    if (extension.equals("arrow.uuid")) {
      return new AsciiWriter(
          vector,
          Form.QUOTED,
          row -> {
            ByteBuffer bytes = ByteBuffer.wrap(vector.get(row));
            return new UUID(bytes.getLong(), bytes.getLong()).toString();
          });
    }
    if (opaque.contains("\"uhugeint\"")) {
      return styled(
          new AsciiWriter(
              vector, Form.BARE, row -> new BigInteger(1, reversed(vector.get(row))).toString()),
          style.integers());
    }
    if (opaque.contains("\"hugeint\"")) {
      return styled(
          new AsciiWriter(
              vector, Form.BARE, row -> new BigInteger(reversed(vector.get(row))).toString()),
          style.integers());
    }
    if (opaque.contains("\"time_tz\"")) {
      return new AsciiWriter(vector, Form.QUOTED, row -> Times.timetz(vector.get(row)));
    }
    return new AsciiWriter(
        vector, Form.QUOTED, row -> Base64.getEncoder().encodeToString(vector.get(row)));
  }

  private static CellWriter bytes(VarBinaryVector vector, String opaque, JsonStyle style) {
    if (opaque.contains("\"bit\"")) {
      return new AsciiWriter(vector, Form.QUOTED, row -> Encodings.bits(vector.get(row)));
    }
    if (opaque.contains("\"bignum\"")) {
      return styled(
          new AsciiWriter(vector, Form.BARE, row -> Encodings.bignum(vector.get(row))),
          style.integers());
    }
    return new AsciiWriter(
        vector, Form.QUOTED, row -> Base64.getEncoder().encodeToString(vector.get(row)));
  }

  private static byte[] reversed(byte[] bytes) {
    byte[] reversed = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      reversed[i] = bytes[bytes.length - 1 - i];
    }
    return reversed;
  }

  private interface LongCell {
    long at(int row);
  }

  private interface IntCell {
    int at(int row);
  }

  private interface DoubleCell {
    double at(int row);
  }

  private interface BooleanCell {
    boolean at(int row);
  }

  private interface TextCell {
    String at(int row);
  }

  private static final class LongWriter extends CellWriter {
    private final LongCell values;

    LongWriter(FieldVector vector, LongCell values) {
      super(vector);
      this.values = values;
    }

    @Override
    void writeJsonValue(int row, ByteSink sink) {
      sink.writeLong(values.at(row));
    }

    @Override
    void writePlain(int row, ByteSink sink) {
      sink.writeLong(values.at(row));
    }
  }

  /** A number that stands in quotes as JSON. */
  private static final class QuotedWriter extends CellWriter {
    private final CellWriter number;

    QuotedWriter(CellWriter number) {
      super(number.vector());
      this.number = number;
    }

    @Override
    void writeJsonValue(int row, ByteSink sink) {
      sink.write('"');
      number.writeJsonValue(row, sink);
      sink.write('"');
    }

    @Override
    void writePlain(int row, ByteSink sink) {
      number.writePlain(row, sink);
    }
  }

  private static final class BooleanWriter extends CellWriter {
    private final BooleanCell values;

    BooleanWriter(FieldVector vector, BooleanCell values) {
      super(vector);
      this.values = values;
    }

    @Override
    void writeJsonValue(int row, ByteSink sink) {
      sink.writeAscii(values.at(row) ? "true" : "false");
    }

    @Override
    void writePlain(int row, ByteSink sink) {
      writeJsonValue(row, sink);
    }
  }

  private static final class FloatWriter extends CellWriter {
    private final DoubleCell values;
    private final TextCell texts;

    FloatWriter(FieldVector vector, DoubleCell values, TextCell texts) {
      super(vector);
      this.values = values;
      this.texts = texts;
    }

    @Override
    void writeJsonValue(int row, ByteSink sink) {
      boolean finite = Double.isFinite(values.at(row));
      if (!finite) {
        sink.write('"');
      }
      sink.writeAscii(texts.at(row));
      if (!finite) {
        sink.write('"');
      }
    }

    @Override
    void writePlain(int row, ByteSink sink) {
      sink.writeAscii(texts.at(row));
    }
  }

  private static final class DecimalWriter extends CellWriter {
    private final DecimalVector vector;
    private final int scale;

    DecimalWriter(DecimalVector vector) {
      super(vector);
      this.vector = vector;
      this.scale = vector.getScale();
    }

    @Override
    void writeJsonValue(int row, ByteSink sink) {
      ArrowBuf values = vector.getDataBuffer();
      long low = values.getLong(row * 16L);
      long high = values.getLong(row * 16L + 8);
      if (high != low >> 63 || low == Long.MIN_VALUE || scale > 18) {
        sink.writeAscii(ValueText.decimal(vector.getObject(row)));
        return;
      }
      if (scale == 0) {
        sink.writeLong(low);
        return;
      }
      long factor = Encodings.powerOfTen(scale);
      if (low < 0) {
        sink.write('-');
        low = -low;
      }
      sink.writeLong(low / factor);
      sink.write('.');
      sink.writeDigits(low % factor, scale);
    }

    @Override
    void writePlain(int row, ByteSink sink) {
      writeJsonValue(row, sink);
    }
  }

  private static final class AsciiWriter extends CellWriter {
    private final Form form;
    private final TextCell texts;

    AsciiWriter(FieldVector vector, Form form, TextCell texts) {
      super(vector);
      this.form = form;
      this.texts = texts;
    }

    @Override
    void writeJsonValue(int row, ByteSink sink) {
      if (form == Form.BARE) {
        sink.writeAscii(texts.at(row));
      } else {
        sink.write('"');
        sink.writeAscii(texts.at(row));
        sink.write('"');
      }
    }

    @Override
    void writePlain(int row, ByteSink sink) {
      sink.writeAscii(texts.at(row));
    }
  }

  private interface Cell {
    void write(int row, ByteSink sink);
  }

  /** Dates and times in microseconds, which most answers have many of. */
  private static final class TimeWriter extends CellWriter {
    private final Cell values;

    TimeWriter(FieldVector vector, Cell values) {
      super(vector);
      this.values = values;
    }

    @Override
    void writeJsonValue(int row, ByteSink sink) {
      sink.write('"');
      values.write(row, sink);
      sink.write('"');
    }

    @Override
    void writePlain(int row, ByteSink sink) {
      values.write(row, sink);
    }
  }

  private static final class TextWriter extends CellWriter {
    private final BaseVariableWidthVector vector;

    TextWriter(BaseVariableWidthVector vector) {
      super(vector);
      this.vector = vector;
    }

    @Override
    void writeJsonValue(int row, ByteSink sink) {
      int start = vector.getStartOffset(row);
      sink.writeJsonString(vector.getDataBuffer(), start, vector.getEndOffset(row) - start);
    }

    @Override
    void writePlain(int row, ByteSink sink) {
      int start = vector.getStartOffset(row);
      sink.write(vector.getDataBuffer(), start, vector.getEndOffset(row) - start);
    }
  }

  /** JSON inside JSON; a line break, which only ever is space there, would end an NDJSON line. */
  private static final class JsonWriter extends CellWriter {
    private final BaseVariableWidthVector vector;

    JsonWriter(BaseVariableWidthVector vector) {
      super(vector);
      this.vector = vector;
    }

    @Override
    void writeJsonValue(int row, ByteSink sink) {
      int start = vector.getStartOffset(row);
      byte[] bytes = new byte[vector.getEndOffset(row) - start];
      vector.getDataBuffer().getBytes(start, bytes);
      for (int i = 0; i < bytes.length; i++) {
        if (bytes[i] == '\n' || bytes[i] == '\r') {
          bytes[i] = ' ';
        }
      }
      sink.write(bytes);
    }

    @Override
    void writePlain(int row, ByteSink sink) {
      writeJsonValue(row, sink);
    }
  }

  private static final class NothingWriter extends CellWriter {
    NothingWriter(NullVector vector) {
      super(vector);
    }

    @Override
    boolean isNull(int row) {
      return true;
    }

    @Override
    void writeJsonValue(int row, ByteSink sink) {
      sink.writeAscii("null");
    }

    @Override
    void writePlain(int row, ByteSink sink) {
      // Nothing is written for null.
    }
  }

  private static final class EnumWriter extends CellWriter {
    private final LongCell indexes;
    private final CellWriter words;

    EnumWriter(FieldVector vector, CellWriter words) {
      super(vector);
      this.words = words;
      this.indexes =
          switch (vector) {
            case UInt1Vector v -> row -> Byte.toUnsignedInt(v.get(row));
            case UInt2Vector v -> v::get;
            case UInt4Vector v -> v::get;
            default -> throw new IllegalStateException("No index of an ENUM: " + vector.getField());
          };
    }

    @Override
    void writeJsonValue(int row, ByteSink sink) {
      words.writeJson((int) indexes.at(row), sink);
    }

    @Override
    void writePlain(int row, ByteSink sink) {
      words.writePlain((int) indexes.at(row), sink);
    }
  }

  /** Values with values inside, whose plain text is their JSON. */
  private abstract static class NestedWriter extends CellWriter {
    NestedWriter(FieldVector vector) {
      super(vector);
    }

    @Override
    final void writePlain(int row, ByteSink sink) {
      writeJsonValue(row, sink);
    }
  }

  private static final class ListWriter extends NestedWriter {
    private final CellWriter elements;
    private final IntCell starts;
    private final IntCell ends;

    ListWriter(FieldVector vector, CellWriter elements, IntCell starts, IntCell ends) {
      super(vector);
      this.elements = elements;
      this.starts = starts;
      this.ends = ends;
    }

    @Override
    void writeJsonValue(int row, ByteSink sink) {
      sink.write('[');
      int start = starts.at(row);
      int end = ends.at(row);
      for (int i = start; i < end; i++) {
        if (i > start) {
          sink.write(',');
        }
        elements.writeJson(i, sink);
      }
      sink.write(']');
    }
  }

  private static final class StructWriter extends NestedWriter {
    private final List<byte[]> names = new ArrayList<>();
    private final List<CellWriter> fields = new ArrayList<>();

    StructWriter(StructVector vector, DictionaryProvider dictionaries, JsonStyle style) {
      super(vector);
      for (FieldVector child : vector.getChildrenFromFields()) {
        names.add(child.getName().getBytes(StandardCharsets.UTF_8));
        fields.add(of(child, dictionaries, style));
      }
    }

    @Override
    void writeJsonValue(int row, ByteSink sink) {
      sink.write('{');
      for (int i = 0; i < fields.size(); i++) {
        if (i > 0) {
          sink.write(',');
        }
        sink.writeJsonString(names.get(i));
        sink.write(':');
        fields.get(i).writeJson(row, sink);
      }
      sink.write('}');
    }
  }

  private static final class MapWriter extends NestedWriter {
    private final MapVector vector;
    private final CellWriter keys;
    private final CellWriter values;
    private final ByteSink key = new ByteSink(OutputStream.nullOutputStream());

    MapWriter(MapVector vector, DictionaryProvider dictionaries, JsonStyle style) {
      super(vector);
      this.vector = vector;
      StructVector entries = (StructVector) vector.getDataVector();
      this.keys = of(entries.getChildrenFromFields().get(0), dictionaries, style);
      this.values = of(entries.getChildrenFromFields().get(1), dictionaries, style);
    }

    @Override
    void writeJsonValue(int row, ByteSink sink) {
      sink.write('{');
      int start = vector.getElementStartIndex(row);
      int end = vector.getElementEndIndex(row);
      for (int i = start; i < end; i++) {
        if (i > start) {
          sink.write(',');
        }
        key.clear();
        keys.writePlain(i, key);
        sink.writeJsonString(key.toByteArray());
        sink.write(':');
        values.writeJson(i, sink);
      }
      sink.write('}');
    }
  }

  /** Numbers in DuckDB's own encodings. */
  private static final class Encodings {
    private static final long[] POWERS = new long[19];

    static {
      POWERS[0] = 1;
      for (int i = 1; i < POWERS.length; i++) {
        POWERS[i] = POWERS[i - 1] * 10;
      }
    }

    private Encodings() {}

    static long powerOfTen(int exponent) {
      return POWERS[exponent];
    }

    /** The first byte counts the unused bits in front. */
    static String bits(byte[] bytes) {
      StringBuilder digits = new StringBuilder();
      for (int i = 8 + bytes[0]; i < bytes.length * 8; i++) {
        digits.append((bytes[i / 8] >> (7 - i % 8) & 1) == 0 ? '0' : '1');
      }
      return digits.toString();
    }

    /** Three bytes of header, whose highest bit is the sign; all bytes are inverted if negative. */
    static String bignum(byte[] bytes) {
      boolean negative = (bytes[0] & 0x80) == 0;
      byte[] magnitude = new byte[bytes.length - 3];
      for (int i = 0; i < magnitude.length; i++) {
        magnitude[i] = (byte) (negative ? ~bytes[i + 3] : bytes[i + 3]);
      }
      return new BigInteger(negative ? -1 : 1, magnitude).toString();
    }
  }

  /** Times in other units than microseconds. */
  private static final class Times {
    private static final long NANOS_PER_SECOND = 1_000_000_000;
    private static final int MAX_OFFSET_SECONDS = 16 * 60 * 60 - 1;

    private Times() {}

    static String timestamp(long value, long unitsPerSecond, boolean instant) {
      if (value == Long.MAX_VALUE || value == -Long.MAX_VALUE) {
        return value > 0 ? "infinity" : "-infinity";
      }
      long seconds = Math.floorDiv(value, unitsPerSecond);
      long nanos = Math.floorMod(value, unitsPerSecond) * (NANOS_PER_SECOND / unitsPerSecond);
      String date = ValueText.date((int) Math.floorDiv(seconds, 86_400L));
      String time = timeNanos(Math.floorMod(seconds, 86_400L) * NANOS_PER_SECOND + nanos);
      return date + 'T' + time + (instant ? "Z" : "");
    }

    static String timeNanos(long nanos) {
      String time = ValueText.time(nanos / 1_000);
      if (nanos % 1_000 == 0) {
        return time;
      }
      String whole = ValueText.time(nanos / NANOS_PER_SECOND * 1_000_000);
      String fraction = Long.toString(NANOS_PER_SECOND + nanos % NANOS_PER_SECOND).substring(1);
      return whole + '.' + fraction.replaceFirst("0+$", "");
    }

    /**
     * 40 bits of microseconds above 24 bits of offset, the latter counted down from its largest.
     */
    static String timetz(byte[] bytes) {
      long bits = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
      int offset = MAX_OFFSET_SECONDS - (int) (bits & 0xFF_FFFF);
      int absolute = Math.abs(offset);
      String seconds = absolute % 60 == 0 ? "" : ":%02d".formatted(absolute % 60);
      return "%s%s%02d:%02d%s"
          .formatted(
              ValueText.time(bits >>> 24),
              offset < 0 ? "-" : "+",
              absolute / 3600,
              absolute / 60 % 60,
              seconds);
    }

    static String interval(IntervalMonthDayNanoVector vector, int row) {
      ArrowBuf values = vector.getDataBuffer();
      int months = IntervalMonthDayNanoVector.getMonths(values, row);
      int days = IntervalMonthDayNanoVector.getDays(values, row);
      long nanos = IntervalMonthDayNanoVector.getNanoseconds(values, row);
      String time = nanos == 0 ? "" : Duration.ofNanos(nanos).toString().substring(1);
      String text = part(months / 12, 'Y') + part(months % 12, 'M') + part(days, 'D') + time;
      return text.isEmpty() ? "PT0S" : "P" + text;
    }

    private static String part(int value, char unit) {
      return value == 0 ? "" : Integer.toString(value) + unit;
    }
  }
}
