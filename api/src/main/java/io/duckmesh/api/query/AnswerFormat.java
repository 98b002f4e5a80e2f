package io.duckmesh.api.query;

import io.duckmesh.api.problem.ApiError;
import io.duckmesh.api.problem.ProblemException;
import io.duckmesh.engine.query.ResultFormat;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.MediaType;

/** How an answer may come, chosen by {@code Accept}. */
enum AnswerFormat {
  JSON("application/json", ResultFormat.JSON_ROWS),
  NDJSON("application/x-ndjson", ResultFormat.NDJSON),
  CSV("text/csv", ResultFormat.CSV),
  ARROW("application/vnd.apache.arrow.stream", ResultFormat.ARROW),
  PARQUET("application/vnd.apache.parquet", ResultFormat.PARQUET);

  /** Characters of a header that a refusal repeats. */
  private static final int SHOWN = 200;

  private final String mediaType;
  private final ResultFormat format;

  AnswerFormat(String mediaType, ResultFormat format) {
    this.mediaType = mediaType;
    this.format = format;
  }

  ResultFormat format() {
    return format;
  }

  String contentType() {
    return this == CSV ? "text/csv;header=present;charset=UTF-8" : mediaType;
  }

  /** The format of that name in lower case. */
  static AnswerFormat named(String name) {
    return valueOf(name.toUpperCase(Locale.ROOT));
  }

  /** The names of all formats, for people. */
  static String names() {
    return Arrays.stream(values())
        .map(format -> format.name().toLowerCase(Locale.ROOT))
        .collect(Collectors.joining(", "));
  }

  static AnswerFormat of(@Nullable String accept) {
    if (accept == null || accept.isBlank() || accept.equals("*/*")) {
      return JSON;
    }
    if (accept.equals("application/json")) {
      return JSON;
    }
    List<MediaType> ranges;
    try {
      ranges = MediaType.parseMediaTypes(accept);
    } catch (InvalidMediaTypeException e) {
      throw new ProblemException(
          ApiError.INVALID_REQUEST, "The Accept header cannot be read: " + shortened(accept));
    }
    return Arrays.stream(values())
        .map(format -> new Wish(format, format.rangeAmong(ranges)))
        .filter(wish -> wish.range() >= 0 && wish.quality(ranges) > 0)
        .min(
            Comparator.comparingDouble((Wish wish) -> -wish.quality(ranges))
                .thenComparingInt(wish -> -specificity(ranges.get(wish.range())))
                .thenComparingInt(Wish::range))
        .map(Wish::format)
        .orElseThrow(() -> notAcceptable(accept));
  }

  /** A format and the place of the range that decides on it, -1 if none does. */
  private record Wish(AnswerFormat format, int range) {
    double quality(List<MediaType> ranges) {
      return ranges.get(range).getQualityValue();
    }
  }

  /** The place of the most specific range that has this format: it alone gives the weight. */
  private int rangeAmong(List<MediaType> ranges) {
    MediaType own = MediaType.parseMediaType(mediaType);
    int best = -1;
    for (int i = 0; i < ranges.size(); i++) {
      if (ranges.get(i).includes(own)
          && (best < 0 || specificity(ranges.get(i)) > specificity(ranges.get(best)))) {
        best = i;
      }
    }
    return best;
  }

  private static int specificity(MediaType range) {
    if (range.isWildcardType()) {
      return 0;
    }
    return range.isWildcardSubtype() ? 1 : 2;
  }

  private static String shortened(String header) {
    return header.length() <= SHOWN ? header : header.substring(0, SHOWN) + "…";
  }

  private static ProblemException notAcceptable(String accept) {
    List<String> supported = Arrays.stream(values()).map(format -> format.mediaType).toList();
    return new ProblemException(
        ApiError.NOT_ACCEPTABLE,
        "The answer cannot come as %s, but as %s"
            .formatted(shortened(accept), String.join(", ", supported)),
        Map.of("supported", supported));
  }
}
