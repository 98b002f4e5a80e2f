package io.duckmesh.worker.cli;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** The gateway's answer was a refusal; the message is its own explanation. */
final class RefusedException extends CommandFailedException {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final transient JsonNode problem;
  private final transient @Nullable Duration retryAfter;

  RefusedException(int status, JsonNode problem, @Nullable Duration retryAfter) {
    super(message(status, problem));
    this.status = status;
    this.problem = problem;
    this.retryAfter = retryAfter;
  }

  int status() {
    return status;
  }

  String errorCode() {
    return problem.path("error_code").asString("");
  }

  boolean retryable() {
    return problem.path("retryable").asBoolean(status == 429 || status == 503);
  }

  /** How long to wait before another try, null where the gateway names no time. */
  @Nullable Duration retryAfter() {
    return retryAfter;
  }

  /** The whole problem document; a missing node where the answer was none. */
  JsonNode problem() {
    return problem;
  }

  private static String message(int status, JsonNode problem) {
    String code = problem.path("error_code").asString("HTTP " + status);
    String detail = problem.path("detail").asString("");
    if (detail.isEmpty()) {
      detail = problem.path("title").asString("the gateway gave no explanation");
    }
    return code + ": " + detail;
  }
}
