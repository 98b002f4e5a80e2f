package io.duckmesh.api.problem;

import io.duckmesh.api.json.ApiJson;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes refusals as {@code application/problem+json} and logs those that are our fault. */
public final class ProblemWriter {
  private static final Logger LOG = LoggerFactory.getLogger(ProblemWriter.class);
  public static final String CONTENT_TYPE = "application/problem+json";

  /** Set on the request to the code that it was refused with. */
  public static final String ERROR_ATTRIBUTE = "duckmesh.error";

  /** Set on the request to the id of its query, which then stands among the answer's headers. */
  public static final String QUERY_ATTRIBUTE = "duckmesh.query_id";

  /** The query's id, which stands in logs and in the history of queries. */
  public static final String QUERY_HEADER = "X-DuckMesh-Query";

  private ProblemWriter() {}

  /**
   * Answers the request with the refusal, replacing what was written and not yet sent.
   *
   * @throws IllegalStateException if the answer has begun
   */
  public static void write(
      HttpServletRequest request, HttpServletResponse response, Throwable thrown)
      throws IOException {
    ProblemException problem = Problems.of(thrown);
    String trace = Trace.of(request);
    log(request, problem, trace);
    request.setAttribute(ERROR_ATTRIBUTE, problem.error());
    response.reset();
    response.setStatus(problem.error().status());
    response.setHeader(Trace.HEADER, trace);
    if (request.getAttribute(QUERY_ATTRIBUTE) instanceof String queryId) {
      response.setHeader(QUERY_HEADER, queryId);
    }
    Duration retryAfter = retryAfter(problem);
    if (retryAfter != null) {
      response.setHeader("Retry-After", Long.toString(Math.max(1, retryAfter.toSeconds())));
    }
    if (problem.error() == ApiError.UNAUTHENTICATED) {
      response.setHeader("WWW-Authenticate", "Bearer realm=\"duckmesh\"");
    }
    if (problem.error() == ApiError.METHOD_NOT_ALLOWED
        && problem.context().get("allowed") instanceof Iterable<?> allowed) {
      StringBuilder header = new StringBuilder();
      allowed.forEach(method -> header.append(header.isEmpty() ? "" : ", ").append(method));
      response.setHeader("Allow", header.toString());
    }
    boolean unread = UnreadBody.mayBeLarge(request);
    if (unread) {
      response.setHeader("Connection", "close");
    }
    byte[] body = ApiJson.MAPPER.writeValueAsBytes(body(problem, request.getRequestURI(), trace));
    response.setContentType(CONTENT_TYPE);
    response.setContentLength(body.length);
    response.getOutputStream().write(body);
    response.flushBuffer();
    if (unread) {
      UnreadBody.discard(request);
    }
  }

  /** The members of the document, in order. */
  public static Map<String, Object> body(ProblemException problem, String path, String trace) {
    ApiError error = problem.error();
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("type", "urn:duckmesh:problem:" + error.name().toLowerCase(Locale.ROOT));
    body.put("title", error.title());
    body.put("status", error.status());
    body.put("detail", problem.detail());
    body.put("instance", path);
    body.put("error_code", error.name());
    body.put("retryable", error.retryable());
    body.put("trace_id", trace);
    body.put("context", problem.context());
    return body;
  }

  private static @Nullable Duration retryAfter(ProblemException problem) {
    if (problem.retryAfter() != null) {
      return problem.retryAfter();
    }
    int status = problem.error().status();
    return status == 429 || status == 503 ? Duration.ofSeconds(1) : null;
  }

  private static void log(HttpServletRequest request, ProblemException problem, String trace) {
    ApiError error = problem.error();
    if (error == ApiError.INTERNAL) {
      LOG.error(
          "Request failed method={} path={} trace_id={}",
          request.getMethod(),
          request.getRequestURI(),
          trace,
          problem.getCause());
    } else if (error == ApiError.UNAVAILABLE) {
      LOG.warn(
          "Request refused method={} path={} error_code={} trace_id={} cause=\"{}\"",
          request.getMethod(),
          request.getRequestURI(),
          error,
          trace,
          String.valueOf(problem.getCause()));
    } else if (LOG.isDebugEnabled()) {
      LOG.debug(
          "Request refused method={} path={} error_code={} trace_id={} detail=\"{}\"",
          request.getMethod(),
          request.getRequestURI(),
          error,
          trace,
          problem.detail());
    }
  }
}
