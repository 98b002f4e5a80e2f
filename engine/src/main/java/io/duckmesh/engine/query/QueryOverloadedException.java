package io.duckmesh.engine.query;

/** All slots of the tenant are taken and stayed so; nothing ran. Trying again later helps. */
public final class QueryOverloadedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public QueryOverloadedException(String message) {
    super(message);
  }
}
