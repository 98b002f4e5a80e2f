package io.duckmesh.api.problem;

import io.duckmesh.engine.query.QueryCancelledException;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import org.apache.catalina.connector.ClientAbortException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * Stands around everything: gives the request its trace id, answers what nothing inside has
 * answered, and logs requests that take long.
 */
public final class RequestFilter implements Filter {
  private static final Logger LOG = LoggerFactory.getLogger(RequestFilter.class);
  private static final String TRACE_KEY = "trace_id";

  private final long slowNanos;

  public RequestFilter(Duration slowRequest) {
    this.slowNanos = slowRequest.toNanos();
  }

  @Override
  public void doFilter(
      ServletRequest servletRequest, ServletResponse servletResponse, FilterChain chain)
      throws IOException {
    HttpServletRequest request = (HttpServletRequest) servletRequest;
    HttpServletResponse response = (HttpServletResponse) servletResponse;
    long start = System.nanoTime();
    String trace = Trace.of(request);
    response.setHeader(Trace.HEADER, trace);
    MDC.put(TRACE_KEY, trace);
    try {
      chain.doFilter(request, response);
    } catch (IOException | ServletException | RuntimeException | Error e) {
      if (response.isCommitted()) {
        logBrokenOff(request, trace, e);
        // Makes the server break the connection without a stack trace in its own log.
        throw new ClientAbortException(e);
      }
      ProblemWriter.write(request, response, e);
    } finally {
      MDC.remove(TRACE_KEY);
      long nanos = System.nanoTime() - start;
      if (nanos > slowNanos) {
        LOG.info(
            "Slow request method={} path={} status={} ms={} trace_id={}",
            request.getMethod(),
            request.getRequestURI(),
            response.getStatus(),
            nanos / 1_000_000,
            trace);
      }
    }
  }

  private static void logBrokenOff(HttpServletRequest request, String trace, Throwable thrown) {
    String method = request.getMethod();
    String path = request.getRequestURI();
    ApiError error = Problems.of(thrown).error();
    if (clientHasGone(thrown)) {
      LOG.debug(
          "Client has gone method={} path={} trace_id={} cause=\"{}\"",
          method,
          path,
          trace,
          String.valueOf(thrown));
    } else if (error == ApiError.INTERNAL) {
      LOG.error("Answer broken off method={} path={} trace_id={}", method, path, trace, thrown);
    } else {
      LOG.warn(
          "Answer broken off method={} path={} error_code={} trace_id={} cause=\"{}\"",
          method,
          path,
          error,
          trace,
          String.valueOf(thrown));
    }
  }

  /** Whether the answer failed since nobody is there to take it. */
  private static boolean clientHasGone(Throwable thrown) {
    Throwable cause = thrown;
    while (cause != null) {
      if (cause instanceof ClientAbortException || cause instanceof QueryCancelledException) {
        return true;
      }
      cause = cause.getCause();
    }
    return false;
  }
}
