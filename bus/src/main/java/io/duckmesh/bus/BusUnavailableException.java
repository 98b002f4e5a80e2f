package io.duckmesh.bus;

import org.jspecify.annotations.Nullable;

/** The log did not answer. Trying again later helps. */
public final class BusUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final boolean outcomeUnknown;

  public BusUnavailableException(
      String message, boolean outcomeUnknown, @Nullable Throwable cause) {
    super(message, cause);
    this.outcomeUnknown = outcomeUnknown;
  }

  /** True if the call may have taken effect, false if it certainly did not. */
  public boolean outcomeUnknown() {
    return outcomeUnknown;
  }
}
