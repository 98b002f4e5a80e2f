package io.duckmesh.api.query;

import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import io.duckmesh.api.problem.ApiError;
import io.duckmesh.api.problem.ProblemException;
import java.io.IOException;
import java.io.OutputStream;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/** How an answer is compressed on its way, chosen by {@code Accept-Encoding}. */
enum AnswerEncoding {
  /** Costs the least for what it saves, so it comes first. */
  ZSTD("zstd"),
  GZIP("gzip"),
  IDENTITY("identity");

  private static final int ZSTD_LEVEL = 1;
  private static final int GZIP_BUFFER = 16 << 10;

  private final String coding;

  AnswerEncoding(String coding) {
    this.coding = coding;
  }

  /** The word of {@code Content-Encoding}, null if there is nothing to say. */
  @Nullable String coding() {
    return this == IDENTITY ? null : coding;
  }

  /**
   * Chooses what the client likes best; of several that it likes as much, the first of this enum.
   *
   * @throws ProblemException if it takes none of them
   */
  static AnswerEncoding of(@Nullable String acceptEncoding) {
    if (acceptEncoding == null || acceptEncoding.isBlank()) {
      return IDENTITY;
    }
    Map<String, Double> weights = new HashMap<>();
    for (String entry : acceptEncoding.toLowerCase(Locale.ROOT).split(",", -1)) {
      String[] parts = entry.split(";", -1);
      String word = parts[0].strip();
      if (!word.isEmpty()) {
        weights.put(word.equals("x-gzip") ? "gzip" : word, weight(parts, acceptEncoding));
      }
    }
    double any = weights.getOrDefault("*", 0.0);
    // What is not named is not wanted, except that no compression is always understood.
    double best = 0;
    AnswerEncoding chosen = null;
    for (AnswerEncoding encoding : values()) {
      double otherwise = encoding == IDENTITY && !weights.containsKey("*") ? Double.MIN_VALUE : any;
      double weight = weights.getOrDefault(encoding.coding, otherwise);
      if (weight > best) {
        best = weight;
        chosen = encoding;
      }
    }
    if (chosen == null) {
      throw new ProblemException(
          ApiError.NOT_ACCEPTABLE,
          "The answer cannot come encoded as %s, but as zstd, gzip or identity"
              .formatted(acceptEncoding),
          Map.of("supported", List.of("zstd", "gzip", "identity")));
    }
    return chosen;
  }

  private static double weight(String[] parts, String whole) {
    for (int i = 1; i < parts.length; i++) {
      String parameter = parts[i].strip();
      if (parameter.startsWith("q=")) {
        try {
          return Double.parseDouble(parameter.substring(2).strip());
        } catch (NumberFormatException e) {
          throw new ProblemException(
              ApiError.INVALID_REQUEST, "The Accept-Encoding header cannot be read: " + whole);
        }
      }
    }
    return 1;
  }

  /**
   * The stream that encodes into the other one. What is flushed can be decoded up to there. Closing
   * it ends the encoding, without which a decoder notices that something is missing, and closes the
   * other stream.
   */
  OutputStream encode(OutputStream out) throws IOException {
    return switch (this) {
      case IDENTITY -> out;
      case GZIP -> new GZIPOutputStream(out, GZIP_BUFFER, true);
      case ZSTD ->
          new ZstdOutputStreamNoFinalizer(out, ZSTD_LEVEL)
              .setChecksum(true)
              .setCloseFrameOnFlush(false);
    };
  }
}
