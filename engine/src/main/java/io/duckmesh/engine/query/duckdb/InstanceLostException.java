package io.duckmesh.engine.query.duckdb;

import io.duckmesh.engine.query.QueryFailedException;

/** The process of an instance ended under a query; whether because of this one is not known. */
final class InstanceLostException extends QueryFailedException {
  private static final long serialVersionUID = 1L;

  InstanceLostException(Throwable cause) {
    super("Query failed inside the engine", cause);
  }
}
