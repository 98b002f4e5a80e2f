package io.duckmesh.engine.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.duckmesh.engine.schema.ColumnType.Decimal;
import io.duckmesh.engine.schema.ColumnType.ListOf;
import io.duckmesh.engine.schema.ColumnType.Primitive;
import io.duckmesh.engine.schema.ColumnType.Struct;
import io.duckmesh.engine.schema.ColumnType.StructField;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class TypeParserTest {
  @ParameterizedTest
  @EnumSource(Primitive.class)
  void everyPrimitiveReadsBackFromItsText(Primitive type) {
    assertThat(TypeParser.parse(type.toString())).isEqualTo(type);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "int | INTEGER",
        "Int4 | INTEGER",
        "bigint | BIGINT",
        "text | VARCHAR",
        "STRING | VARCHAR",
        "float | REAL",
        "double precision | DOUBLE",
        "bool | BOOLEAN",
        "bytea | BLOB",
        "datetime | TIMESTAMP",
        "timestamp with time zone | TIMESTAMPTZ",
        "TIMESTAMP WITHOUT TIME ZONE | TIMESTAMP",
        "time without time zone | TIME",
        "decimal | DECIMAL(18,3)",
        "numeric ( 10 ) | DECIMAL(10,0)",
        "DECIMAL(38, 38) | DECIMAL(38,38)",
        "integer [ ] | INTEGER[]",
        "varchar[][] | VARCHAR[][]",
        "struct(a int, B text[]) | STRUCT(a INTEGER, B VARCHAR[])",
        "struct(\"name\" int, \"order\" int, \"1a\" int) | STRUCT(name INTEGER, \"order\" INTEGER, \"1a\" INTEGER)",
        "STRUCT(\"a \"\"b\"\"\" DATE)[] | STRUCT(\"a \"\"b\"\"\" DATE)[]",
        "  uuid  | UUID",
      })
  void aliasesReadInAnyCase(String text, String canonical) {
    ColumnType type = TypeParser.parse(text);

    assertThat(type).hasToString(canonical);
    assertThat(TypeParser.parse(canonical)).isEqualTo(type);
  }

  @Test
  void nestedTypesHaveTheirParts() {
    ColumnType type = TypeParser.parse("STRUCT(id BIGINT, prices DECIMAL(9,2)[])");

    assertThat(type)
        .isEqualTo(
            new Struct(
                List.of(
                    new StructField("id", Primitive.BIGINT),
                    new StructField("prices", new ListOf(new Decimal(9, 2))))));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "HUGEINT | Unknown type 'HUGEINT'",
        "'' | expected a type",
        "INTEGER INTEGER | expected the end",
        "DECIMAL(39,2) | precision is 1 to 38",
        "DECIMAL(4,5) | scale 0 to precision",
        "DECIMAL(,5) | expected a number of digits",
        "DECIMAL(5 | expected ')'",
        "VARCHAR(10) | VARCHAR without a length",
        "INTEGER[3] | lists have any length",
        "STRUCT() | expected a field name",
        "STRUCT(a) | expected a type",
        "STRUCT(a INTEGER, A TEXT) | two fields named 'A'",
        "STRUCT(\"a INTEGER) | expected a closing quote",
        "TIME WITH TIME ZONE | TIME without time zone",
        "TIMESTAMP WITH ZONE | expected TIME ZONE",
        "INTEGER; DROP TABLE x | expected the end",
      })
  void whatIsNoTypeIsRefusedWithTheReason(String text, String reason) {
    assertThatThrownBy(() -> TypeParser.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(reason);
  }

  @ParameterizedTest
  @ValueSource(ints = {17, 4_000})
  void nestingHasALimit(int depth) {
    assertThatThrownBy(() -> TypeParser.parse("INTEGER" + "[]".repeat(depth)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("nested more than 16 deep");
    assertThatThrownBy(
            () -> TypeParser.parse("STRUCT(a ".repeat(Math.min(depth, 1_000)) + "INTEGER"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("nested more than 16 deep");
  }

  @Test
  void textHasALimit() {
    assertThatThrownBy(() -> TypeParser.parse(" ".repeat(10_001)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Type text has 10001 characters, at most 10000 are possible");
  }
}
