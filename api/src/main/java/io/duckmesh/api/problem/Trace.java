package io.duckmesh.api.problem;

import jakarta.servlet.http.HttpServletRequest;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** The id under which a request stands in answers and in the log. */
public final class Trace {
  public static final String HEADER = "X-Trace-Id";
  static final String ATTRIBUTE = "duckmesh.trace_id";

  private Trace() {}

  /**
   * The request's trace id: its own {@code X-Trace-Id} if that is a plain word of up to 64
   * characters, else the trace of its {@code traceparent}, else a new one.
   */
  public static String of(HttpServletRequest request) {
    if (request.getAttribute(ATTRIBUTE) instanceof String known) {
      return known;
    }
    String trace = fromHeaders(request.getHeader(HEADER), request.getHeader("traceparent"));
    request.setAttribute(ATTRIBUTE, trace);
    return trace;
  }

  static String fromHeaders(@Nullable String traceId, @Nullable String traceparent) {
    if (traceId != null && plain(traceId)) {
      return traceId;
    }
    if (traceparent != null && traceparent.length() >= 55 && traceparent.charAt(35) == '-') {
      String trace = traceparent.substring(3, 35);
      if (plain(trace)) {
        return trace;
      }
    }
    ThreadLocalRandom random = ThreadLocalRandom.current();
    HexFormat hex = HexFormat.of();
    return hex.toHexDigits(random.nextLong()) + hex.toHexDigits(random.nextLong());
  }

  private static boolean plain(String text) {
    if (text.isEmpty() || text.length() > 64) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean plain =
          (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9')
              || c == '-'
              || c == '_'
              || c == '.';
      if (!plain) {
        return false;
      }
    }
    return true;
  }
}
