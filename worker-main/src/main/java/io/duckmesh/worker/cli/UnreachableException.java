package io.duckmesh.worker.cli;

/** The gateway did not answer; whether the request was carried out is not known. */
final class UnreachableException extends CommandFailedException {
  private static final long serialVersionUID = 1L;

  UnreachableException(String message, Throwable cause) {
    super(message, cause);
  }
}
