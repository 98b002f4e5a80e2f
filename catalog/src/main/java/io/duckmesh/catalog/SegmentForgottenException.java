package io.duckmesh.catalog;

/** The segment has landed so long ago that what became of its events is no longer kept. */
public final class SegmentForgottenException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public SegmentForgottenException(String message) {
    super(message);
  }
}
