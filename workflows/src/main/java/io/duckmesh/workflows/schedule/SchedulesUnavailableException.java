package io.duckmesh.workflows.schedule;

/** The Temporal server does not answer, or answers that something is wrong with it. */
public final class SchedulesUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public SchedulesUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
