package io.duckmesh.engine.query.duckdb;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.engine.schema.ColumnType;
import io.duckmesh.engine.schema.ColumnType.Primitive;
import io.duckmesh.engine.schema.ColumnType.Struct;
import io.duckmesh.engine.schema.ColumnType.StructField;
import io.duckmesh.engine.schema.TypeParser;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Types in answers, against DuckDB itself. */
class TypeNamesTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "BIGINT",
        "DECIMAL(18,2)[]",
        "TIMESTAMPTZ",
        "TIMESTAMPTZ[][]",
        "JSON",
        "REAL",
        "STRUCT(float REAL[], \"FLOAT x\" DOUBLE)",
        "STRUCT(a INTEGER, B TIMESTAMPTZ[], name VARCHAR, \"order\" STRUCT(\"a \"\"b\" TIMESTAMPTZ))",
        "STRUCT(\"TIMESTAMP WITH TIME ZONE\" DATE)[]"
      })
  void typeOfATableIsTheSameInAnAnswer(String type) throws SQLException {
    assertThat(TypeNames.of(driverName(type))).isEqualTo(type);
    assertThat(TypeParser.parse(type)).hasToString(type);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "MAP(VARCHAR, TIMESTAMPTZ) | MAP(VARCHAR, TIMESTAMPTZ)",
        "HUGEINT | HUGEINT",
        "ENUM('a')[] | ENUM[]",
        "STRUCT(e ENUM('a)', 'it''s'), f DATE[]) | STRUCT(e ENUM, f DATE[])",
        "STRUCT(e ENUM('TIMESTAMP WITH TIME ZONE', 'it''s')) | STRUCT(e ENUM)"
      },
      quoteCharacter = '\u0001')
  void typeThatTablesDoNotHaveKeepsItsName(String type, String expected) throws SQLException {
    assertThat(TypeNames.of(driverName(type))).isEqualTo(expected);
  }

  @Test
  void everyKeywordIsTheNameOfAField() throws SQLException {
    List<String> keywords = new ArrayList<>();
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT keyword_name FROM duckdb_keywords()")) {
      while (rows.next()) {
        keywords.add(rows.getString(1));
      }
    }
    List<StructField> fields =
        keywords.stream().distinct().map(name -> new StructField(name, Primitive.DATE)).toList();
    ColumnType type = new Struct(fields);

    assertThat(fields).hasSizeGreaterThan(400);
    assertThat(TypeNames.of(driverName(type.toString()))).isEqualTo(type.toString());
    assertThat(TypeParser.parse(type.toString())).isEqualTo(type);
  }

  private static String driverName(String type) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT CAST(NULL AS %s)".formatted(type))) {
      return rows.getMetaData().getColumnTypeName(1);
    }
  }
}
