package io.duckmesh.bus;

import java.time.Duration;

/** A tenant has too much in the log that has not landed; nothing was appended. */
public final class BacklogFullException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String tenant;
  private final long backlogBytes;
  private final long limitBytes;
  private final Duration retryAfter;

  public BacklogFullException(
      String tenant, long backlogBytes, long limitBytes, Duration retryAfter) {
    super(
        "Backlog of tenant %s is full: %d of %d bytes have not landed"
            .formatted(tenant, backlogBytes, limitBytes));
    this.tenant = tenant;
    this.backlogBytes = backlogBytes;
    this.limitBytes = limitBytes;
    this.retryAfter = retryAfter;
  }

  public String tenant() {
    return tenant;
  }

  public long backlogBytes() {
    return backlogBytes;
  }

  public long limitBytes() {
    return limitBytes;
  }

  /** How long to wait before trying again. */
  public Duration retryAfter() {
    return retryAfter;
  }
}
