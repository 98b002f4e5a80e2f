package io.duckmesh.engine.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.apache.arrow.vector.types.TimeUnit;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.Schema;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ArrowSchemasTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "BOOLEAN | Bool",
        "SMALLINT | Int(16, true)",
        "INTEGER | Int(32, true)",
        "BIGINT | Int(64, true)",
        "REAL | FloatingPoint(SINGLE)",
        "DOUBLE | FloatingPoint(DOUBLE)",
        "DECIMAL(18,2) | Decimal(18, 2, 128)",
        "VARCHAR | Utf8",
        "DATE | Date(DAY)",
        "TIME | Time(MICROSECOND, 64)",
        "TIMESTAMP | Timestamp(MICROSECOND, null)",
        "TIMESTAMPTZ | Timestamp(MICROSECOND, UTC)",
        "UUID | FixedSizeBinary(16)",
        "BLOB | Binary",
        "JSON | Utf8",
        "INTEGER[] | List",
        "STRUCT(a INTEGER) | Struct",
      })
  void everyTypeHasItsArrowType(String type, String arrowType) {
    Field field = ArrowSchemas.toArrow(new Column(7, "c", TypeParser.parse(type), false, null));

    assertThat(field.getType()).hasToString(arrowType);
    assertThat(ArrowSchemas.fromArrow(field)).isEqualTo(TypeParser.parse(type));
  }

  @Test
  void fieldsKeepNamesOrderFieldIdsAndWhatIsRequired() {
    Schema schema =
        ArrowSchemas.toArrow(
            new RowSchema(
                1,
                List.of(
                    new Column(9, "b", TypeParser.parse("JSON"), true, null),
                    new Column(2, "A", TypeParser.parse("UUID[]"), false, null))));

    assertThat(schema.getFields()).extracting(Field::getName).containsExactly("b", "A");
    assertThat(schema.getFields()).extracting(Field::isNullable).containsExactly(false, true);
    assertThat(schema.getFields().get(0).getMetadata())
        .containsEntry("PARQUET:field_id", "9")
        .containsEntry("ARROW:extension:name", "arrow.json");
    assertThat(schema.getFields().get(1).getChildren().get(0).getMetadata())
        .containsEntry("ARROW:extension:name", "arrow.uuid");
  }

  @Test
  void nestedTypesReadBack() {
    ColumnType type = TypeParser.parse("STRUCT(a JSON[], b STRUCT(c UUID, d DECIMAL(5,1))[][])");

    Field field = ArrowSchemas.toArrow(new Column(1, "c", type, false, null));

    assertThat(ArrowSchemas.fromArrow(field)).isEqualTo(type);
  }

  @ParameterizedTest
  @ValueSource(ints = {8, 32})
  void unsignedIntegersAreNoColumns(int bits) {
    assertThatThrownBy(
            () -> ArrowSchemas.fromArrow(Field.nullable("u", new ArrowType.Int(bits, false))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Arrow field 'u' has type Int(%d, false), which no column can have", bits);
  }

  @Test
  void timestampsInNanosecondsAreNoColumns() {
    Field field = Field.nullable("t", new ArrowType.Timestamp(TimeUnit.NANOSECOND, "UTC"));

    assertThatThrownBy(() -> ArrowSchemas.fromArrow(field))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
