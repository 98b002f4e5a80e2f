package io.duckmesh.api.problem;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;
import org.springframework.web.servlet.HandlerExceptionResolver;
import org.springframework.web.servlet.ModelAndView;

/**
 * Answers everything that a handler throws. When the answer has begun it lets the exception pass:
 * the server then breaks the connection, so that a cut answer cannot be taken for a whole one.
 */
public final class ProblemResolver implements HandlerExceptionResolver {
  @Override
  public @Nullable ModelAndView resolveException(
      HttpServletRequest request,
      HttpServletResponse response,
      @Nullable Object handler,
      Exception thrown) {
    if (response.isCommitted()) {
      return null;
    }
    try {
      ProblemWriter.write(request, response, thrown);
      return new ModelAndView();
    } catch (IOException e) {
      throw new UncheckedIOException("The client has gone", e);
    }
  }
}
