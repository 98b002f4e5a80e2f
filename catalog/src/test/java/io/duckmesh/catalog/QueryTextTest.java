package io.duckmesh.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class QueryTextTest {
  @Test
  void longTextIsCutAndItsLengthKept() {
    assertThat(QueryText.of("SELECT 1", 2, 6)).isEqualTo(new QueryText("SELECT", 8, 2));
    assertThat(QueryText.of("SELECT 1", 0, 0)).isEqualTo(new QueryText("", 8, 0));
  }

  @Test
  void textIsNotCutAmidACharacter() {
    assertThat(QueryText.of("a😀b", 0, 2).sql()).isEqualTo("a");
    assertThat(QueryText.of("a😀b", 0, 3).sql()).isEqualTo("a😀");
  }

  @Test
  void whatNoDatabaseKeepsIsReplaced() {
    assertThat(QueryText.of("a\0b\ud800c", 0, 10).sql()).isEqualTo("a\uFFFDb?c");
  }
}
