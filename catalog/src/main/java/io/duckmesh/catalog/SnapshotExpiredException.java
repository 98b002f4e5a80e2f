package io.duckmesh.catalog;

/** The tenant had such a snapshot, but it, or a table of it, can not be read any more. */
public final class SnapshotExpiredException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public SnapshotExpiredException(String message) {
    super(message);
  }
}
