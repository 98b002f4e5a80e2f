package io.duckmesh.catalog;

/** The tenant has another query of that id. */
public final class QueryIdTakenException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public QueryIdTakenException(QueryId id) {
    super("Query id %s belongs to another query".formatted(id));
  }
}
