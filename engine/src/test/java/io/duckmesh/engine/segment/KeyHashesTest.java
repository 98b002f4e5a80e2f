package io.duckmesh.engine.segment;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.List;
import org.junit.jupiter.api.Test;

class KeyHashesTest {
  @Test
  void hashIsTheFirstHalfOfSha256OverKindAndPartsBehindTheirLengths() throws Exception {
    byte[] input = {1, 0, 0, 0, 0, 0, 0, 0, 2, 'a', 'b', 0, 0, 0, 0, 0, 0, 0, 1, 'c'};
    ByteBuffer expected = ByteBuffer.wrap(MessageDigest.getInstance("SHA-256").digest(input));

    KeyHash hash = KeyHashes.eventKey(List.of("ab", "c"));

    assertThat(hash).isEqualTo(new KeyHash(expected.getLong(), expected.getLong()));
  }

  @Test
  void hashesStayTheSameInEveryVersion() {
    assertThat(KeyHashes.eventKey(List.of("order-1")))
        .isEqualTo(new KeyHash(0xec4cc6a50553adc3L, 0xa1a426f3b257032aL));
    assertThat(KeyHashes.requestKey("request-1", 0))
        .isEqualTo(new KeyHash(0xe8ffbcf5568cc0f3L, 0x6315db38c84a3244L));
    assertThat(KeyHashes.body("{}".getBytes(UTF_8)))
        .isEqualTo(new KeyHash(0xc154682aa299c5eeL, 0xbeaea41e01edd464L));
  }

  @Test
  void partsDoNotRunIntoOneAnother() {
    assertThat(KeyHashes.eventKey(List.of("ab", "c")))
        .isNotEqualTo(KeyHashes.eventKey(List.of("a", "bc")))
        .isNotEqualTo(KeyHashes.eventKey(List.of("abc")));
  }

  @Test
  void kindsDoNotMeet() {
    byte[] text = "x".getBytes(UTF_8);

    assertThat(KeyHashes.eventKey(text)).isNotEqualTo(KeyHashes.body(text));
    assertThat(KeyHashes.requestKey("x", 1))
        .isNotEqualTo(KeyHashes.eventKey(List.of("x", "1")))
        .isNotEqualTo(KeyHashes.requestKey("x", 2));
  }

  @Test
  void allFormsOfPartsGiveOneHash() {
    KeyHash hash = KeyHashes.eventKey(List.of("ab", "é"));

    assertThat(KeyHashes.eventKey("ab".getBytes(UTF_8), "é".getBytes(UTF_8))).isEqualTo(hash);
    assertThat(KeyHashes.eventKey("abé??".getBytes(UTF_8), new int[] {2, 4, 9}, 2)).isEqualTo(hash);
  }
}
