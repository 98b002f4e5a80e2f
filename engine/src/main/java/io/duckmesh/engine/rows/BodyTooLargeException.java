package io.duckmesh.engine.rows;

/** A body has more bytes or rows than one request may have; nothing was taken. */
public final class BodyTooLargeException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String unit;
  private final long limit;

  /**
   * @param unit what there is too much of, {@code bytes} or {@code rows}
   * @param limit how many are allowed
   */
  public BodyTooLargeException(String unit, long limit) {
    super("Body has more than %d %s".formatted(limit, unit));
    this.unit = unit;
    this.limit = limit;
  }

  /** What there is too much of, {@code bytes} or {@code rows}. */
  public String unit() {
    return unit;
  }

  public long limit() {
    return limit;
  }
}
