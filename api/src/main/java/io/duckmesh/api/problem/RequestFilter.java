package io.duckmesh.api.problem;

import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
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
      throws IOException, ServletException {
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
        LOG.warn(
            "Answer broken off method={} path={} trace_id={} cause=\"{}\"",
            request.getMethod(),
            request.getRequestURI(),
            trace,
            String.valueOf(e));
        throw e;
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
}
