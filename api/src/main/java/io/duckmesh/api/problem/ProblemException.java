package io.duckmesh.api.problem;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A refusal with its code, what was wrong in words for the client, and the values behind it. */
public final class ProblemException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ApiError error;
  private final transient Map<String, Object> context;
  private final @Nullable Duration retryAfter;

  public ProblemException(ApiError error, String detail) {
    this(error, detail, Map.of(), null, null);
  }

  public ProblemException(ApiError error, String detail, Map<String, ?> context) {
    this(error, detail, context, null, null);
  }

  /**
   * @param context values that a program may read; written as JSON
   * @param retryAfter when trying again makes sense, null when the code's own rule holds
   */
  public ProblemException(
      ApiError error,
      String detail,
      Map<String, ?> context,
      @Nullable Duration retryAfter,
      @Nullable Throwable cause) {
    // A refusal is an answer, not a surprise: the stack trace of the cause is enough.
    super(detail, cause, false, false);
    this.error = requireNonNull(error, "error is null");
    this.context = Collections.unmodifiableMap(new LinkedHashMap<>(context));
    this.retryAfter = retryAfter;
  }

  public ApiError error() {
    return error;
  }

  public String detail() {
    return requireNonNull(getMessage());
  }

  public Map<String, Object> context() {
    return context;
  }

  public @Nullable Duration retryAfter() {
    return retryAfter;
  }
}
