package io.duckmesh.bus.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.bus.BusUnavailableException;
import java.sql.SQLException;
import org.jdbi.v3.core.ConnectionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What failures of the database mean to callers of the log. */
class SqlFailuresTest {
  @ParameterizedTest
  @ValueSource(
      strings = {"08006", "25006", "40001", "53300", "55000", "55P03", "57014", "57P01", "58030"})
  void failureThatTimeMayCureIsUnavailable(String state) {
    assertThat(SqlFailures.translate("Cannot ask", new SQLException("failed", state)))
        .isInstanceOf(BusUnavailableException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"22012", "23505", "42601", "42P01", "55006", "XX000"})
  void failureOfAStatementIsNotUnavailable(String state) {
    assertThat(SqlFailures.translate("Cannot ask", new SQLException("failed", state)))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void refusedConnectionIsUnavailableAndNothingHappened() {
    RuntimeException translated =
        SqlFailures.translate(
            "Cannot ask", new ConnectionException(new SQLException("no such password", "28P01")));

    assertThat(translated)
        .isInstanceOfSatisfying(
            BusUnavailableException.class, e -> assertThat(e.outcomeUnknown()).isFalse());
  }
}
