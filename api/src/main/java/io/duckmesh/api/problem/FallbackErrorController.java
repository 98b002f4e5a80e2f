package io.duckmesh.api.problem;

import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.webmvc.error.ErrorController;
import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.RequestMapping;

/** Answers what the web server refuses by itself once a request has reached the application. */
@Controller
public final class FallbackErrorController implements ErrorController {
  @RequestMapping("/error")
  void error(HttpServletRequest request, HttpServletResponse response) throws IOException {
    if (response.isCommitted()) {
      return;
    }
    ProblemWriter.write(request, response, problem(request));
  }

  private static ProblemException problem(HttpServletRequest request) {
    if (request.getAttribute(RequestDispatcher.ERROR_EXCEPTION) instanceof Throwable thrown) {
      return Problems.of(thrown);
    }
    Object status = request.getAttribute(RequestDispatcher.ERROR_STATUS_CODE);
    return ofStatus(status instanceof Integer code ? code : 404, null);
  }

  /** The refusal for a bare status of the web server. */
  static ProblemException ofStatus(int status, @Nullable String message) {
    ApiError error =
        switch (status) {
          case 401 -> ApiError.UNAUTHENTICATED;
          case 403 -> ApiError.FORBIDDEN;
          case 404 -> ApiError.NOT_FOUND;
          case 405 -> ApiError.METHOD_NOT_ALLOWED;
          case 406 -> ApiError.NOT_ACCEPTABLE;
          case 413 -> ApiError.PAYLOAD_TOO_LARGE;
          case 415 -> ApiError.UNSUPPORTED_MEDIA_TYPE;
          case 429 -> ApiError.RATE_LIMITED;
          case 503 -> ApiError.UNAVAILABLE;
          default -> status < 500 ? ApiError.INVALID_REQUEST : ApiError.INTERNAL;
        };
    return new ProblemException(
        error, message == null || message.isBlank() ? error.title() : message);
  }
}
