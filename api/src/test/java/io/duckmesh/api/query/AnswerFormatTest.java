package io.duckmesh.api.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.duckmesh.api.problem.ProblemException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AnswerFormatTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "application/json;q=0, */* | NDJSON",
        "application/json;q=0.5, */*;q=0.6 | NDJSON",
        "*/*;q=0.6, application/json;q=0.5, text/csv;q=0.9 | CSV",
        "application/*;q=0.1, text/* | CSV",
        "text/csv, application/json | CSV",
        "application/json, text/csv | JSON",
        "*/*, application/vnd.apache.parquet | PARQUET",
        "text/html, */*;q=0.1 | JSON",
      })
  void mostSpecificRangeGivesTheWeight(String accept, AnswerFormat expected) {
    assertThat(AnswerFormat.of(accept)).isEqualTo(expected);
  }

  @Test
  void headerMayHaveManyRanges() {
    assertThat(AnswerFormat.of("application/json,".repeat(500) + "text/csv;q=0.1"))
        .isEqualTo(AnswerFormat.JSON);
  }

  @Test
  void refusalDoesNotRepeatALongHeader() {
    assertThatThrownBy(() -> AnswerFormat.of("image/png,".repeat(500) + "image/gif"))
        .isInstanceOf(ProblemException.class)
        .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(600));
  }

  @Test
  void excludedFormatsAreNotAnswered() {
    assertThatThrownBy(() -> AnswerFormat.of("application/json;q=0, application/json;q=0"))
        .isInstanceOf(ProblemException.class);
  }
}
