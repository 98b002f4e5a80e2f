package io.duckmesh.engine.query.duckdb;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.engine.query.duckdb.FunctionRules.Kind;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FunctionRulesTest {
  private final FunctionRules rules = FunctionRules.load();

  private record Function(Kind kind, String name) {}

  @Test
  void everyFunctionOfThisDuckDbIsEitherAllowedOrRefusedWithAReason() throws SQLException {
    List<Function> undecided = new ArrayList<>();
    List<Function> both = new ArrayList<>();
    for (Function function : functions()) {
      boolean allowed = rules.allows(function.kind(), function.name());
      boolean refused = rules.reasonAgainst(function.kind(), function.name()).isPresent();
      if (!allowed && !refused) {
        undecided.add(function);
      }
      // A more special entry may allow what a pattern refuses, for these only.
      if (allowed && refused && !List.of("pg_typeof", "pg_size_pretty").contains(function.name())) {
        both.add(function);
      }
    }

    assertThat(undecided).as("in neither list").isEmpty();
    assertThat(both).as("in both lists").isEmpty();
  }

  @Test
  void namesAreComparedWithoutCase() {
    assertThat(rules.allows(Kind.SCALAR, "FormatReadableSize")).isTrue();
    assertThat(rules.reasonAgainst(Kind.TABLE, "Read_CSV")).contains("reads files");
  }

  private static List<Function> functions() throws SQLException {
    List<Function> functions = new ArrayList<>();
    try (Connection duckdb = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = duckdb.createStatement();
        ResultSet rows =
            statement.executeQuery(
                """
                SELECT DISTINCT function_type LIKE 'table%', function_name
                FROM duckdb_functions()
                WHERE function_type <> 'pragma'
                """)) {
      while (rows.next()) {
        functions.add(
            new Function(rows.getBoolean(1) ? Kind.TABLE : Kind.SCALAR, rows.getString(2)));
      }
    }
    assertThat(functions).hasSizeGreaterThan(500);
    return functions;
  }
}
