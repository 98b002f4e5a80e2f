package io.duckmesh.activities.materialize;

import org.jspecify.annotations.Nullable;

/** The batch at hand is somebody else's by now, or has landed; there is nothing to write. */
final class BatchLostException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  BatchLostException(String message) {
    super(message);
  }

  BatchLostException(@Nullable String message, Throwable cause) {
    super(message, cause);
  }
}
