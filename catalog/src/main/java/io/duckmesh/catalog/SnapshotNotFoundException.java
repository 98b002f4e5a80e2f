package io.duckmesh.catalog;

/** The tenant never had such a snapshot. */
public final class SnapshotNotFoundException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public SnapshotNotFoundException(String message) {
    super(message);
  }
}
