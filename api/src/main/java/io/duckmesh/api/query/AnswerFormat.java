package io.duckmesh.api.query;

import io.duckmesh.api.problem.ApiError;
import io.duckmesh.api.problem.ProblemException;
import io.duckmesh.engine.query.ResultFormat;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.MediaType;
import org.springframework.util.MimeTypeUtils;

/** How an answer may come, chosen by {@code Accept}. */
enum AnswerFormat {
  JSON("application/json", ResultFormat.JSON_ROWS),
  NDJSON("application/x-ndjson", ResultFormat.NDJSON),
  CSV("text/csv", ResultFormat.CSV),
  ARROW("application/vnd.apache.arrow.stream", ResultFormat.ARROW),
  PARQUET("application/vnd.apache.parquet", ResultFormat.PARQUET);

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
    List<MediaType> wanted;
    try {
      wanted = MediaType.parseMediaTypes(accept);
    } catch (InvalidMediaTypeException e) {
      throw new ProblemException(
          ApiError.INVALID_REQUEST, "The Accept header cannot be read: " + accept);
    }
    MimeTypeUtils.sortBySpecificity(wanted);
    return wanted.stream()
        .filter(type -> type.getQualityValue() > 0)
        .sorted((a, b) -> Double.compare(b.getQualityValue(), a.getQualityValue()))
        .flatMap(
            type ->
                Arrays.stream(values())
                    .filter(format -> type.includes(MediaType.parseMediaType(format.mediaType))))
        .findFirst()
        .orElseThrow(() -> notAcceptable(accept));
  }

  private static ProblemException notAcceptable(String accept) {
    List<String> supported = Arrays.stream(values()).map(format -> format.mediaType).toList();
    return new ProblemException(
        ApiError.NOT_ACCEPTABLE,
        "The answer cannot come as %s, but as %s".formatted(accept, String.join(", ", supported)),
        Map.of("supported", supported));
  }
}
