package io.duckmesh.engine.parquet;

import io.duckmesh.engine.schema.Column;
import io.duckmesh.engine.schema.ColumnType;
import io.duckmesh.engine.schema.ColumnType.Decimal;
import io.duckmesh.engine.schema.ColumnType.ListOf;
import io.duckmesh.engine.schema.ColumnType.Primitive;
import io.duckmesh.engine.schema.ColumnType.Struct;
import io.duckmesh.engine.schema.RowSchema;
import java.util.ArrayList;
import java.util.List;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.TimeUnit;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;
import org.apache.parquet.schema.Type.Repetition;
import org.apache.parquet.schema.Types;

/** Our types as Parquet types that every reader takes for the same type. */
final class ParquetSchemas {
  /** Bytes of a decimal that does not fit into 64 bits, and of a UUID. */
  static final int WIDE_BYTES = 16;

  private ParquetSchemas() {}

  /**
   * All columns are optional, also those that are required now: files and rows of older versions of
   * the schema lack them.
   */
  static MessageType of(RowSchema schema) {
    List<Type> fields = new ArrayList<>();
    for (Column column : schema.columns()) {
      fields.add(field(column.name(), column.type()).withId(column.fieldId()));
    }
    return new MessageType("rows", fields);
  }

  private static Type field(String name, ColumnType type) {
    return switch (type) {
      case Primitive primitive -> primitive(primitive).named(name);
      case Decimal decimal -> decimal(decimal).named(name);
      case ListOf list ->
          Types.list(Repetition.OPTIONAL).element(field("element", list.element())).named(name);
      case Struct struct -> {
        Types.GroupBuilder<org.apache.parquet.schema.GroupType> group =
            Types.buildGroup(Repetition.OPTIONAL);
        for (ColumnType.StructField field : struct.fields()) {
          group.addField(field(field.name(), field.type()));
        }
        yield group.named(name);
      }
    };
  }

  private static Types.PrimitiveBuilder<PrimitiveType> primitive(Primitive type) {
    return switch (type) {
      case BOOLEAN -> Types.optional(PrimitiveTypeName.BOOLEAN);
      case SMALLINT ->
          Types.optional(PrimitiveTypeName.INT32).as(LogicalTypeAnnotation.intType(16, true));
      case INTEGER ->
          Types.optional(PrimitiveTypeName.INT32).as(LogicalTypeAnnotation.intType(32, true));
      case BIGINT ->
          Types.optional(PrimitiveTypeName.INT64).as(LogicalTypeAnnotation.intType(64, true));
      case REAL -> Types.optional(PrimitiveTypeName.FLOAT);
      case DOUBLE -> Types.optional(PrimitiveTypeName.DOUBLE);
      case VARCHAR ->
          Types.optional(PrimitiveTypeName.BINARY).as(LogicalTypeAnnotation.stringType());
      case DATE -> Types.optional(PrimitiveTypeName.INT32).as(LogicalTypeAnnotation.dateType());
      case TIME ->
          Types.optional(PrimitiveTypeName.INT64)
              .as(LogicalTypeAnnotation.timeType(false, TimeUnit.MICROS));
      case TIMESTAMP ->
          Types.optional(PrimitiveTypeName.INT64)
              .as(LogicalTypeAnnotation.timestampType(false, TimeUnit.MICROS));
      case TIMESTAMPTZ ->
          Types.optional(PrimitiveTypeName.INT64)
              .as(LogicalTypeAnnotation.timestampType(true, TimeUnit.MICROS));
      case UUID ->
          Types.optional(PrimitiveTypeName.FIXED_LEN_BYTE_ARRAY)
              .length(WIDE_BYTES)
              .as(LogicalTypeAnnotation.uuidType());
      case BLOB -> Types.optional(PrimitiveTypeName.BINARY);
      case JSON -> Types.optional(PrimitiveTypeName.BINARY).as(LogicalTypeAnnotation.jsonType());
    };
  }

  private static Types.PrimitiveBuilder<PrimitiveType> decimal(Decimal type) {
    LogicalTypeAnnotation annotation =
        LogicalTypeAnnotation.decimalType(type.scale(), type.precision());
    if (type.precision() <= 9) {
      return Types.optional(PrimitiveTypeName.INT32).as(annotation);
    }
    if (type.precision() <= 18) {
      return Types.optional(PrimitiveTypeName.INT64).as(annotation);
    }
    return Types.optional(PrimitiveTypeName.FIXED_LEN_BYTE_ARRAY).length(WIDE_BYTES).as(annotation);
  }
}
