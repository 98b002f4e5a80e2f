package io.duckmesh.catalog;

/** It cannot be told whether the commit happened; everything stays in place. */
public final class CommitStateUnknownException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public CommitStateUnknownException(String message, Throwable cause) {
    super(message, cause);
  }
}
