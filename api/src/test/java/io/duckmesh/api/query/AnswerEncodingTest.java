package io.duckmesh.api.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.ZstdInputStream;
import io.duckmesh.api.problem.ProblemException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class AnswerEncodingTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          gzip                        | GZIP
          x-gzip                      | GZIP
          zstd                        | ZSTD
          gzip, deflate, br, zstd     | ZSTD
          gzip;q=1.0, zstd;q=0.5      | GZIP
          GZIP                        | GZIP
          br                          | IDENTITY
          *                           | ZSTD
          identity;q=0.5, *;q=0.1     | IDENTITY
          gzip;q=0                    | IDENTITY
          zstd;q=0, gzip;q=0.1        | GZIP
          identity                    | IDENTITY
          """)
  void clientsWishIsFollowed(String header, AnswerEncoding encoding) {
    assertThat(AnswerEncoding.of(header)).isEqualTo(encoding);
  }

  @ParameterizedTest
  @ValueSource(strings = {"identity;q=0", "*;q=0", "br, identity;q=0", "gzip;q=many"})
  void wishThatCanNotBeMetIsRefused(String header) {
    assertThatThrownBy(() -> AnswerEncoding.of(header)).isInstanceOf(ProblemException.class);
  }

  @Test
  void clientWithoutAWishGetsPlainBytes() {
    assertThat(AnswerEncoding.of(null)).isEqualTo(AnswerEncoding.IDENTITY);
    assertThat(AnswerEncoding.of(" ")).isEqualTo(AnswerEncoding.IDENTITY);
  }

  @ParameterizedTest
  @EnumSource(AnswerEncoding.class)
  void whatIsFlushedCanBeReadBeforeTheEnd(AnswerEncoding encoding) throws IOException {
    ByteArrayOutputStream sent = new ByteArrayOutputStream();
    try (OutputStream out = encoding.encode(sent)) {
      out.write("first".getBytes(StandardCharsets.UTF_8));
      out.flush();

      assertThat(new String(decoder(encoding, sent).readNBytes(5), StandardCharsets.UTF_8))
          .isEqualTo("first");
      out.write("second".getBytes(StandardCharsets.UTF_8));
    }
    assertThat(new String(decoder(encoding, sent).readAllBytes(), StandardCharsets.UTF_8))
        .isEqualTo("firstsecond");
  }

  private static InputStream decoder(AnswerEncoding encoding, ByteArrayOutputStream sent)
      throws IOException {
    ByteArrayInputStream in = new ByteArrayInputStream(sent.toByteArray());
    return switch (encoding) {
      case ZSTD -> new ZstdInputStream(in);
      case GZIP -> new GZIPInputStream(in);
      case IDENTITY -> in;
    };
  }
}
