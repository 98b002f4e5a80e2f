package io.duckmesh.engine.merge;

import static io.duckmesh.engine.merge.RowAge.ALL_DROPPED;
import static io.duckmesh.engine.merge.RowAge.NONE_DROPPED;
import static io.duckmesh.engine.merge.RowAge.SOME_DROPPED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.duckmesh.engine.parquet.ColumnStats;
import io.duckmesh.engine.schema.Column;
import io.duckmesh.engine.schema.RowSchema;
import io.duckmesh.engine.schema.TypeParser;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RowAgeTest {
  private static final RowCutoff NOON = new RowCutoff(1, Instant.parse("2026-03-01T12:00:00Z"));

  @ParameterizedTest
  @CsvSource({
    "TIMESTAMPTZ, 0, 2026-01-01T00:00:00Z, 2026-03-01T11:59:59.999999Z, ALL_DROPPED",
    "TIMESTAMPTZ, 1, 2026-01-01T00:00:00Z, 2026-03-01T11:59:59.999999Z, SOME_DROPPED",
    "TIMESTAMPTZ, 0, 2026-01-01T00:00:00Z, 2026-03-01T12:00:00Z, SOME_DROPPED",
    "TIMESTAMPTZ, 5, 2026-03-01T12:00:00Z, 2026-03-02T12:00:00Z, NONE_DROPPED",
    "TIMESTAMP, 0, 2026-01-01T00:00:00, 2026-03-01T11:59:59.999999, ALL_DROPPED",
    "TIMESTAMP, 0, 2026-03-01T12:00:00, 2026-03-01T12:00:00, NONE_DROPPED",
    "TIMESTAMP, 0, -infinity, 2026-01-01T00:00:00, ALL_DROPPED",
    "TIMESTAMP, 0, -infinity, infinity, SOME_DROPPED",
    "DATE, 0, 2026-02-01, 2026-02-28, ALL_DROPPED",
    "DATE, 0, 2026-03-01, 2026-03-01, NONE_DROPPED",
    "DATE, 0, 2026-02-28, 2026-03-01, SOME_DROPPED",
    "DATE, 10, , , NONE_DROPPED",
    "DATE, 9, , , SOME_DROPPED"
  })
  void statisticsTell(
      String type, long nulls, @Nullable String min, @Nullable String max, RowAge age) {
    assertThat(RowAge.of(NOON, schema(type, null), 10, new ColumnStats(1, nulls, min, max)))
        .isEqualTo(age);
  }

  @Test
  void fileWithoutTheColumnHasItsDefault() {
    assertThat(RowAge.of(NOON, schema("DATE", null), 10, null)).isEqualTo(NONE_DROPPED);
    assertThat(RowAge.of(NOON, schema("DATE", "null"), 10, null)).isEqualTo(NONE_DROPPED);
    assertThat(RowAge.of(NOON, schema("DATE", "\"2026-02-28\""), 10, null)).isEqualTo(ALL_DROPPED);
    assertThat(RowAge.of(NOON, schema("DATE", "\"2026-03-01\""), 10, null)).isEqualTo(NONE_DROPPED);
    assertThat(RowAge.of(NOON, schema("TIMESTAMPTZ", "\"soon\""), 10, null))
        .isEqualTo(SOME_DROPPED);
  }

  @Test
  void onlyTimesHaveAnAge() {
    assertThatThrownBy(() -> RowAge.of(NOON, schema("TIME", null), 10, null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Column c of type TIME has no age");
    assertThatThrownBy(
            () -> RowAge.of(new RowCutoff(2, Instant.EPOCH), schema("DATE", null), 10, null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no column with field id 2");
  }

  private static RowSchema schema(String type, @Nullable String value) {
    return new RowSchema(3, List.of(new Column(1, "c", TypeParser.parse(type), false, value)));
  }
}
