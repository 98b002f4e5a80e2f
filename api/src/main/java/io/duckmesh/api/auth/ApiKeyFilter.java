package io.duckmesh.api.auth;

import io.duckmesh.api.problem.ApiError;
import io.duckmesh.api.problem.ProblemException;
import io.duckmesh.api.problem.ProblemWriter;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;

/** Lets nobody in without a valid key, except to what is open to all. */
public final class ApiKeyFilter implements Filter {
  /** Paths that need no key. */
  public static final Set<String> OPEN =
      Set.of("/v1/health", "/v1/ready", "/metrics", "/openapi.json");

  private final ApiKeys keys;

  public ApiKeyFilter(ApiKeys keys) {
    this.keys = keys;
  }

  @Override
  public void doFilter(
      ServletRequest servletRequest, ServletResponse servletResponse, FilterChain chain)
      throws IOException, ServletException {
    HttpServletRequest request = (HttpServletRequest) servletRequest;
    if (!OPEN.contains(request.getRequestURI())) {
      Caller caller;
      try {
        caller = authenticate(request);
      } catch (RuntimeException e) {
        ProblemWriter.write(request, (HttpServletResponse) servletResponse, e);
        return;
      }
      request.setAttribute(Caller.ATTRIBUTE, caller);
    }
    chain.doFilter(servletRequest, servletResponse);
  }

  private Caller authenticate(HttpServletRequest request) {
    String header = request.getHeader("Authorization");
    if (header == null) {
      throw new ProblemException(
          ApiError.UNAUTHENTICATED, "The header \"Authorization: Bearer <API key>\" is missing");
    }
    if (!header.regionMatches(true, 0, "Bearer ", 0, 7)) {
      throw new ProblemException(
          ApiError.UNAUTHENTICATED,
          "The Authorization header is not of the form \"Bearer <API key>\"");
    }
    Optional<Caller> caller = keys.find(header.substring(7).trim());
    return caller.orElseThrow(
        () ->
            new ProblemException(ApiError.UNAUTHENTICATED, "The API key is not known or revoked"));
  }
}
