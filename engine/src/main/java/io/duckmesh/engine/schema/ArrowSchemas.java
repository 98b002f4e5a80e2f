package io.duckmesh.engine.schema;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.duckmesh.engine.schema.ColumnType.Decimal;
import io.duckmesh.engine.schema.ColumnType.ListOf;
import io.duckmesh.engine.schema.ColumnType.Primitive;
import io.duckmesh.engine.schema.ColumnType.Struct;
import io.duckmesh.engine.schema.ColumnType.StructField;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.arrow.vector.types.DateUnit;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.TimeUnit;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.apache.arrow.vector.types.pojo.Schema;
import org.jspecify.annotations.Nullable;

/**
 * How column types and Arrow types correspond.
 *
 * <p>JSON is Utf8 and UUID is FixedSizeBinary(16), each marked by its canonical extension name in
 * the field's metadata, by which DuckDB and other Arrow libraries know it.
 */
public final class ArrowSchemas {
  /** Bytes of a UUID, most significant first. */
  public static final int UUID_BYTES = 16;

  private static final String EXTENSION_NAME = "ARROW:extension:name";
  private static final String EXTENSION_METADATA = "ARROW:extension:metadata";
  private static final String FIELD_ID = "PARQUET:field_id";
  private static final String JSON_EXTENSION = "arrow.json";
  private static final String UUID_EXTENSION = "arrow.uuid";
  private static final String ELEMENT = "element";

  /** By identity of the schema object, because small segments are many. */
  private static final Cache<RowSchema, Schema> SCHEMAS =
      Caffeine.newBuilder().weakKeys().maximumSize(10_000).build();

  private ArrowSchemas() {}

  /**
   * The schema's columns as Arrow fields, in the same order; required columns are not nullable.
   * Answers the same object for the same schema object, usually.
   */
  public static Schema toArrow(RowSchema schema) {
    return SCHEMAS.get(
        schema,
        absent -> new Schema(absent.columns().stream().map(ArrowSchemas::toArrow).toList()));
  }

  /** The column as an Arrow field, with its field id in the metadata. */
  public static Field toArrow(Column column) {
    return field(
        column.name(),
        column.type(),
        !column.required(),
        Map.of(FIELD_ID, Integer.toString(column.fieldId())));
  }

  /**
   * The column type whose Arrow form the field has exactly.
   *
   * @throws IllegalArgumentException if there is none, for example for unsigned numbers or
   *     timestamps in nanoseconds
   */
  public static ColumnType fromArrow(Field field) {
    ColumnType type = columnType(field);
    if (type == null) {
      throw new IllegalArgumentException(
          "Arrow field '%s' has type %s, which no column can have"
              .formatted(field.getName(), field.getType()));
    }
    return type;
  }

  private static Field field(
      String name, ColumnType type, boolean nullable, Map<String, String> metadata) {
    String extension = extension(type);
    Map<String, String> all = metadata;
    if (extension != null) {
      all = new HashMap<>(metadata);
      all.put(EXTENSION_NAME, extension);
      all.put(EXTENSION_METADATA, "");
    }
    List<Field> children =
        switch (type) {
          case ListOf list -> List.of(field(ELEMENT, list.element(), true, Map.of()));
          case Struct struct ->
              struct.fields().stream()
                  .map(child -> field(child.name(), child.type(), true, Map.of()))
                  .toList();
          case Primitive primitive -> List.of();
          case Decimal decimal -> List.of();
        };
    return new Field(name, new FieldType(nullable, arrowType(type), null, all), children);
  }

  private static @Nullable String extension(ColumnType type) {
    if (type == Primitive.JSON) {
      return JSON_EXTENSION;
    }
    return type == Primitive.UUID ? UUID_EXTENSION : null;
  }

  private static ArrowType arrowType(ColumnType type) {
    return switch (type) {
      case Primitive primitive ->
          switch (primitive) {
            case BOOLEAN -> ArrowType.Bool.INSTANCE;
            case SMALLINT -> new ArrowType.Int(16, true);
            case INTEGER -> new ArrowType.Int(32, true);
            case BIGINT -> new ArrowType.Int(64, true);
            case REAL -> new ArrowType.FloatingPoint(FloatingPointPrecision.SINGLE);
            case DOUBLE -> new ArrowType.FloatingPoint(FloatingPointPrecision.DOUBLE);
            case VARCHAR, JSON -> ArrowType.Utf8.INSTANCE;
            case DATE -> new ArrowType.Date(DateUnit.DAY);
            case TIME -> new ArrowType.Time(TimeUnit.MICROSECOND, 64);
            case TIMESTAMP -> new ArrowType.Timestamp(TimeUnit.MICROSECOND, null);
            case TIMESTAMPTZ -> new ArrowType.Timestamp(TimeUnit.MICROSECOND, "UTC");
            case UUID -> new ArrowType.FixedSizeBinary(UUID_BYTES);
            case BLOB -> ArrowType.Binary.INSTANCE;
          };
      case Decimal decimal -> new ArrowType.Decimal(decimal.precision(), decimal.scale(), 128);
      case ListOf list -> ArrowType.List.INSTANCE;
      case Struct struct -> ArrowType.Struct.INSTANCE;
    };
  }

  private static @Nullable ColumnType columnType(Field field) {
    String extension = field.getMetadata().get(EXTENSION_NAME);
    return switch (field.getType()) {
      case ArrowType.Bool bool -> Primitive.BOOLEAN;
      case ArrowType.Int integer -> integer(integer);
      case ArrowType.FloatingPoint real ->
          switch (real.getPrecision()) {
            case HALF -> null;
            case SINGLE -> Primitive.REAL;
            case DOUBLE -> Primitive.DOUBLE;
          };
      case ArrowType.Utf8 text ->
          JSON_EXTENSION.equals(extension) ? Primitive.JSON : Primitive.VARCHAR;
      case ArrowType.Date date -> date.getUnit() == DateUnit.DAY ? Primitive.DATE : null;
      case ArrowType.Time time -> time.getUnit() == TimeUnit.MICROSECOND ? Primitive.TIME : null;
      case ArrowType.Timestamp timestamp -> timestamp(timestamp);
      case ArrowType.FixedSizeBinary binary -> {
        boolean uuid = binary.getByteWidth() == UUID_BYTES && UUID_EXTENSION.equals(extension);
        yield uuid ? Primitive.UUID : null;
      }
      case ArrowType.Binary binary -> Primitive.BLOB;
      case ArrowType.Decimal decimal -> decimal(decimal);
      case ArrowType.List list -> new ListOf(fromArrow(field.getChildren().getFirst()));
      case ArrowType.Struct struct -> struct(field.getChildren());
      default -> null;
    };
  }

  private static @Nullable ColumnType integer(ArrowType.Int type) {
    if (!type.getIsSigned()) {
      return null;
    }
    return switch (type.getBitWidth()) {
      case 16 -> Primitive.SMALLINT;
      case 32 -> Primitive.INTEGER;
      case 64 -> Primitive.BIGINT;
      default -> null;
    };
  }

  private static @Nullable ColumnType timestamp(ArrowType.Timestamp type) {
    if (type.getUnit() != TimeUnit.MICROSECOND) {
      return null;
    }
    return type.getTimezone() == null ? Primitive.TIMESTAMP : Primitive.TIMESTAMPTZ;
  }

  private static @Nullable ColumnType decimal(ArrowType.Decimal type) {
    boolean possible =
        type.getBitWidth() == 128 && type.getScale() >= 0 && type.getScale() <= type.getPrecision();
    return possible ? new Decimal(type.getPrecision(), type.getScale()) : null;
  }

  private static @Nullable ColumnType struct(List<Field> children) {
    if (children.isEmpty()) {
      return null;
    }
    return new Struct(
        children.stream()
            .map(child -> new StructField(child.getName(), fromArrow(child)))
            .toList());
  }
}
