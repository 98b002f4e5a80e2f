package io.duckmesh.engine.query.duckdb.process;

/** First byte of what one side tells the other; both are of one version. */
enum Signal {
  /** To a session: texts; runs each. Answered by DONE or FAILED. */
  EXECUTE,
  /**
   * To a session: the query's number, texts to run before, the statement, values of parameters.
   * Answered by ANSWER or FAILED.
   */
  QUERY,
  /** All statements ran. */
  DONE,
  /** Names and types of columns, then the schema as Arrow writes it. Batches follow. */
  ANSWER,
  /** One batch as Arrow writes it, in the first case after the dictionaries. */
  BATCH,
  /** There are no more batches. */
  END,
  /** {@link Failure}, the number of the statement that failed, a message; the session goes on. */
  FAILED,
  /** On the control connection: session and query to end. */
  INTERRUPT,
  /** On the control connection: session, query, how much of it is done. */
  PROGRESS,
  /** On the control connection: a session whose connection was closed has ended. */
  GONE;

  /** Why a statement failed. */
  enum Failure {
    /** DuckDB says so. */
    STATEMENT,
    /** A name of a column is longer than Arrow reads. */
    NAME_TOO_LONG,
    /** A type of a column is nested deeper than Arrow reads. */
    TYPE_TOO_DEEP,
    /** One row is larger than an answer may hold. */
    ROW_TOO_LARGE
  }
}
