package io.duckmesh.catalog;

/** The shard's watermark has moved, or a table of the write was dropped; nothing was committed. */
public final class CommitConflictException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public CommitConflictException(String message) {
    super(message);
  }
}
