package io.duckmesh.engine.segment;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.engine.rows.RowBatch;
import io.duckmesh.engine.rows.RowFormat;
import io.duckmesh.engine.rows.RowOptions;
import io.duckmesh.engine.rows.Rows;
import io.duckmesh.engine.schema.RowSchema;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;

/** Whatever fits reads back from a segment as it was written into JSON. */
class RowRoundTripTest {
  private static final UUID TABLE = new UUID(1, 2);

  /** A value as JSON text, and as {@link Rows#values} shows it. */
  record Value(String json, String shown) {
    static final Value NULL = new Value("null", "null");
  }

  /** A type and values of it. */
  record TypeValues(String type, Arbitrary<Value> values) {}

  /** A table's columns and some rows. */
  record Table(List<String> types, List<List<Value>> rows) {}

  @Property(tries = 300)
  void rowsReadBackFromSegments(@ForAll("tables") Table table, @ForAll RowFormat format) {
    RowSchema schema = schema(table.types());

    try (BufferAllocator allocator = new RootAllocator();
        RowBatch rows =
            Rows.read(body(table, format), format, schema, RowOptions.DEFAULTS, allocator)) {
      byte[] segment =
          SegmentCodec.encode(new SegmentHeader(TABLE, 1, table.rows().size(), null, false), rows);
      try (DecodedSegment decoded = SegmentCodec.decode(segment, schema, allocator)) {
        assertThat(Rows.values(decoded.rows()))
            .isEqualTo(
                table.rows().stream().map(row -> row.stream().map(Value::shown).toList()).toList());
      }
    }
  }

  private static RowSchema schema(List<String> types) {
    List<String> columns = new ArrayList<>();
    for (String type : types) {
      columns.add("c" + columns.size() + " " + type);
    }
    return Rows.schema(columns.toArray(String[]::new));
  }

  private static String body(Table table, RowFormat format) {
    List<String> rows = new ArrayList<>();
    for (List<Value> row : table.rows()) {
      List<String> members = new ArrayList<>();
      for (Value value : row) {
        members.add("\"c" + members.size() + "\":" + value.json());
      }
      rows.add("{" + String.join(", ", members) + "}");
    }
    return switch (format) {
      case NDJSON -> String.join("\n", rows);
      case JSON -> "[" + String.join(",\n", rows) + "]";
    };
  }

  @Provide
  Arbitrary<Table> tables() {
    return types(2)
        .list()
        .ofMinSize(1)
        .ofMaxSize(6)
        .flatMap(
            columns ->
                rows(columns)
                    .list()
                    .ofMinSize(1)
                    .ofMaxSize(40)
                    .map(rows -> new Table(columns.stream().map(TypeValues::type).toList(), rows)));
  }

  private static Arbitrary<List<Value>> rows(List<TypeValues> columns) {
    Arbitrary<List<Value>> rows = Arbitraries.just(List.of());
    for (TypeValues column : columns) {
      rows =
          rows.flatMap(
              row ->
                  nullable(column.values())
                      .map(
                          value -> {
                            List<Value> longer = new ArrayList<>(row);
                            longer.add(value);
                            return longer;
                          }));
    }
    return rows;
  }

  private static Arbitrary<Value> nullable(Arbitrary<Value> values) {
    return values.injectNull(0.2).map(value -> value == null ? Value.NULL : value);
  }

  private static Arbitrary<TypeValues> types(int depth) {
    Arbitrary<TypeValues> plain = Arbitraries.of(plainTypes()).flatMap(Arbitraries::just);
    Arbitrary<TypeValues> decimals =
        Arbitraries.integers()
            .between(1, 38)
            .flatMap(
                precision ->
                    Arbitraries.integers()
                        .between(0, precision)
                        .map(scale -> decimal(precision, scale)));
    if (depth == 0) {
      return Arbitraries.oneOf(plain, decimals);
    }
    return Arbitraries.frequencyOf(
        net.jqwik.api.Tuple.of(4, plain),
        net.jqwik.api.Tuple.of(2, decimals),
        net.jqwik.api.Tuple.of(1, types(depth - 1).map(RowRoundTripTest::list)),
        net.jqwik.api.Tuple.of(
            1, types(depth - 1).list().ofMinSize(1).ofMaxSize(3).map(RowRoundTripTest::struct)));
  }

  private static TypeValues list(TypeValues element) {
    return new TypeValues(
        element.type() + "[]",
        nullable(element.values())
            .list()
            .ofMaxSize(4)
            .map(
                values ->
                    new Value(
                        values.stream().map(Value::json).collect(Collectors.joining(",", "[", "]")),
                        values.stream().map(Value::shown).toList().toString())));
  }

  private static TypeValues struct(List<TypeValues> fields) {
    List<String> types = new ArrayList<>();
    for (TypeValues field : fields) {
      types.add("f" + types.size() + " " + field.type());
    }
    return new TypeValues(
        "STRUCT(" + String.join(", ", types) + ")",
        rows(fields)
            .map(
                values -> {
                  List<String> members = new ArrayList<>();
                  for (Value value : values) {
                    members.add("\"f" + members.size() + "\":" + value.json());
                  }
                  return new Value(
                      "{" + String.join(",", members) + "}",
                      values.stream()
                          .map(Value::shown)
                          .collect(Collectors.joining(", ", "{", "}")));
                }));
  }

  private static TypeValues decimal(int precision, int scale) {
    BigInteger largest = BigInteger.TEN.pow(precision).subtract(BigInteger.ONE);
    return new TypeValues(
        "DECIMAL(" + precision + "," + scale + ")",
        Arbitraries.bigIntegers()
            .between(largest.negate(), largest)
            .map(unscaled -> new BigDecimal(unscaled, scale))
            .map(number -> new Value(number.toPlainString(), number.toString())));
  }

  private static List<TypeValues> plainTypes() {
    return List.of(
        same("BOOLEAN", Arbitraries.of(true, false)),
        same("SMALLINT", Arbitraries.shorts()),
        same("INTEGER", Arbitraries.integers()),
        same("BIGINT", Arbitraries.longs()),
        new TypeValues(
            "REAL",
            Arbitraries.integers()
                .map(Float::intBitsToFloat)
                .filter(Float::isFinite)
                .map(number -> new Value(number.toString(), number.toString()))),
        new TypeValues(
            "DOUBLE",
            Arbitraries.longs()
                .map(Double::longBitsToDouble)
                .filter(Double::isFinite)
                .map(number -> new Value(number.toString(), number.toString()))),
        new TypeValues(
            "DOUBLE",
            Arbitraries.bigDecimals()
                .between(new BigDecimal("-1e12"), new BigDecimal("1e12"))
                .ofScale(3)
                .map(
                    number ->
                        new Value(
                            number.toPlainString(),
                            Double.toString(Double.parseDouble(number.toPlainString()))))),
        new TypeValues(
            "VARCHAR",
            Arbitraries.strings()
                .ofMaxLength(20)
                .filter(text -> text.codePoints().noneMatch(RowRoundTripTest::isSurrogate))
                .map(text -> new Value(quoted(text), text))),
        new TypeValues(
            "DATE",
            dates().map(date -> new Value("\"" + date + "\"", Long.toString(date.toEpochDay())))),
        new TypeValues(
            "TIME",
            times()
                .map(
                    time ->
                        new Value(
                            "\"" + shown(time) + "\"", Long.toString(time.toNanoOfDay() / 1_000)))),
        new TypeValues(
            "TIMESTAMP",
            timestamps()
                .map(
                    time ->
                        new Value(
                            "\"" + time.toLocalDate() + "T" + shown(time.toLocalTime()) + "\"",
                            time.toString()))),
        new TypeValues(
            "TIMESTAMPTZ",
            timestamps()
                // An offset must not move the instant out of the years that can be written.
                .filter(time -> time.getYear() > 1 && time.getYear() < 9999)
                .flatMap(
                    time ->
                        Arbitraries.integers()
                            .between(-14 * 60, 14 * 60)
                            .map(minutes -> withZone(time, minutes)))),
        new TypeValues(
            "UUID",
            Arbitraries.longs()
                .tuple2()
                .map(halves -> new UUID(halves.get1(), halves.get2()).toString())
                .map(text -> new Value("\"" + text + "\"", text))),
        new TypeValues(
            "BLOB",
            Arbitraries.bytes()
                .array(byte[].class)
                .ofMaxSize(20)
                .map(
                    bytes ->
                        new Value(
                            "\"" + Base64.getEncoder().encodeToString(bytes) + "\"",
                            HexFormat.of().formatHex(bytes)))),
        new TypeValues(
            "JSON",
            Arbitraries.of(
                    "1.50", "{}", "[1, {\"a\" :null}]", "\"x\\u00e4\"", "true", "-0.0e-5", "\"ä\"")
                .map(text -> new Value(text, text))));
  }

  private static TypeValues same(String type, Arbitrary<?> values) {
    return new TypeValues(type, values.map(value -> new Value(value.toString(), value.toString())));
  }

  private static boolean isSurrogate(int codePoint) {
    return codePoint <= Character.MAX_VALUE && Character.isSurrogate((char) codePoint);
  }

  private static Arbitrary<LocalDate> dates() {
    return Arbitraries.longs()
        .between(LocalDate.of(1, 1, 1).toEpochDay(), LocalDate.of(9999, 12, 31).toEpochDay())
        .map(LocalDate::ofEpochDay);
  }

  private static Arbitrary<LocalTime> times() {
    return Arbitraries.longs()
        .between(0, 86_399_999_999L)
        .map(micros -> LocalTime.ofNanoOfDay(micros * 1_000));
  }

  private static Arbitrary<LocalDateTime> timestamps() {
    return dates().flatMap(date -> times().map(date::atTime));
  }

  private static String shown(LocalTime time) {
    return time.getSecond() == 0 && time.getNano() == 0 ? time + ":00" : time.toString();
  }

  private static Value withZone(LocalDateTime time, int minutes) {
    ZoneOffset offset = ZoneOffset.ofTotalSeconds(minutes * 60);
    String zone = offset.getId();
    return new Value(
        "\"" + time.toLocalDate() + " " + shown(time.toLocalTime()) + zone + "\"",
        Long.toString(
            ChronoUnit.MICROS.between(
                LocalDateTime.of(1970, 1, 1, 0, 0), time.minusMinutes(minutes))));
  }

  private static String quoted(String text) {
    StringBuilder json = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\' || c < ' ' || c % 7 == 0) {
        json.append("\\u" + HexFormat.of().toHexDigits(c));
      } else {
        json.append(c);
      }
    }
    return json.append('"').toString();
  }
}
