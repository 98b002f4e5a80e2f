package io.duckmesh.api.ingest;

import io.duckmesh.api.ApiSettings;
import io.duckmesh.api.json.Durations;
import io.duckmesh.api.problem.ApiError;
import io.duckmesh.api.problem.ProblemException;
import io.duckmesh.engine.rows.RowFormat;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Duration;
import java.util.Enumeration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a request to ingest says beside its body.
 *
 * @param requestKey its {@code Idempotency-Key}, null without one
 * @param onError what becomes of rows that do not fit
 * @param maxWait how long to wait until the events are visible, null not to wait
 */
public record IngestRequest(
    RowFormat format, @Nullable String requestKey, OnError onError, @Nullable Duration maxWait) {
  /** What becomes of rows that do not fit. */
  public enum OnError {
    /** The request is refused, nothing of it is taken. */
    REJECT,
    /** They go to quarantine, the others are taken. */
    QUARANTINE
  }

  /** What the query string asks for. */
  private record Parameters(OnError onError, @Nullable Duration maxWait) {
    static final Parameters NONE = new Parameters(OnError.REJECT, null);
  }

  private static final int MAX_KEY_LENGTH = 255;
  private static final List<String> FORMATS = List.of("application/json", "application/x-ndjson");

  static IngestRequest of(HttpServletRequest request, ApiSettings settings) {
    // The type first: reading parameters of a form would take the body away.
    RowFormat format = format(request.getContentType());
    String key = key(request);
    Parameters asked =
        request.getQueryString() == null ? Parameters.NONE : parameters(request, settings);
    return new IngestRequest(format, key, asked.onError(), asked.maxWait());
  }

  /** The format that the content type names. */
  public static RowFormat format(@Nullable String contentType) {
    if (contentType == null) {
      throw unsupported("The body has no Content-Type");
    }
    String type = RequestBodies.mediaType(contentType);
    return switch (type) {
      case "application/json" -> RowFormat.JSON;
      case "application/x-ndjson", "application/ndjson", "application/jsonl" -> RowFormat.NDJSON;
      default -> throw unsupported("The body's Content-Type is " + type);
    };
  }

  private static ProblemException unsupported(String what) {
    return new ProblemException(
        ApiError.UNSUPPORTED_MEDIA_TYPE,
        what + ", events come as " + String.join(" or ", FORMATS),
        Map.of("supported", FORMATS));
  }

  private static @Nullable String key(HttpServletRequest request) {
    Enumeration<String> headers = request.getHeaders("Idempotency-Key");
    if (!headers.hasMoreElements()) {
      return null;
    }
    String key = headers.nextElement();
    if (headers.hasMoreElements()) {
      throw new ProblemException(
          ApiError.INVALID_REQUEST,
          "The request has more than one Idempotency-Key; it needs exactly one to be repeatable");
    }
    checkKey(key);
    return key;
  }

  private static void checkKey(String key) {
    boolean printable = key.chars().allMatch(c -> c > 0x20 && c < 0x7F);
    if (key.isEmpty() || key.length() > MAX_KEY_LENGTH || !printable) {
      throw new ProblemException(
          ApiError.INVALID_REQUEST,
          "The Idempotency-Key has %d characters; possible are 1 to %d printable ones without blanks"
              .formatted(key.length(), MAX_KEY_LENGTH));
    }
  }

  private static Parameters parameters(HttpServletRequest request, ApiSettings settings) {
    boolean wait = false;
    Duration timeout = null;
    OnError onError = OnError.REJECT;
    for (Map.Entry<String, String[]> parameter : request.getParameterMap().entrySet()) {
      String value = parameter.getValue()[0];
      switch (parameter.getKey()) {
        case "wait" -> {
          if (!value.equals("visible")) {
            throw invalid("wait", value, "visible");
          }
          wait = true;
        }
        case "timeout" -> timeout = timeout(value, settings.maxWait());
        case "on_error" -> {
          onError =
              switch (value) {
                case "reject" -> OnError.REJECT;
                case "quarantine" -> OnError.QUARANTINE;
                default -> throw invalid("on_error", value, "reject, quarantine");
              };
        }
        case "create" -> {
          if (!value.equals("false")) {
            throw invalid("create", value, "false");
          }
        }
        default ->
            throw new ProblemException(
                ApiError.INVALID_REQUEST,
                "Parameter %s is not known; known are wait, timeout and on_error"
                    .formatted(parameter.getKey()));
      }
    }
    if (!wait) {
      if (timeout != null) {
        throw new ProblemException(
            ApiError.INVALID_REQUEST, "Parameter timeout goes with wait=visible");
      }
      return new Parameters(onError, null);
    }
    return new Parameters(onError, timeout == null ? settings.defaultWait() : timeout);
  }

  /** Reads a waiting time within the limit. */
  static Duration timeout(String text, Duration max) {
    Duration timeout;
    try {
      timeout = Durations.parse(text);
    } catch (IllegalArgumentException e) {
      throw invalid("timeout", text, "500ms, 5s, 1m");
    }
    if (timeout.compareTo(max) > 0) {
      throw invalid("timeout", text, "up to " + Durations.format(max));
    }
    return timeout;
  }

  static ProblemException invalid(String parameter, String value, String possible) {
    return new ProblemException(
        ApiError.INVALID_REQUEST,
        "Parameter %s is %s, possible: %s".formatted(parameter, value, possible));
  }
}
