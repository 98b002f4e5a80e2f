package io.duckmesh.engine.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ObjectKeyTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/.b", ".tmp/x", "a b", "a\\b",
        "ä", "a\n", "a\0", "a%2e", "a:b", "~", "ı"
      })
  void whatCouldLeaveTheRootIsNoKey(String value) {
    assertThat(ObjectKey.isValid(value)).isFalse();
    assertThatThrownBy(() -> new ObjectKey(value)).isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "a/b.parquet", "day=2024-01-01/x..y", "-/_/=/0."})
  void keyIsItsText(String value) {
    assertThat(new ObjectKey(value)).hasToString(value);
  }

  @Test
  void keyOfMoreThan900CharactersIsRefused() {
    assertThat(ObjectKey.isValid("k".repeat(900))).isTrue();
    assertThat(ObjectKey.isValid("k".repeat(901))).isFalse();
  }
}
