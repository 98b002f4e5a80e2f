package io.duckmesh.worker.dev;

import io.duckmesh.worker.cli.CommandFailedException;

/** Dev mode can not start or go on; the message says what to do about it. */
final class DevException extends CommandFailedException {
  private static final long serialVersionUID = 1L;

  DevException(String message) {
    super(message);
  }

  DevException(String message, Throwable cause) {
    super(message, cause);
  }
}
