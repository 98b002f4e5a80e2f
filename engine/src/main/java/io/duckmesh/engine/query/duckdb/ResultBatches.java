package io.duckmesh.engine.query.duckdb;

/** The answer, batch by batch. */
interface ResultBatches {
  /** Fills the reader's vectors with the next rows; false if there are none. */
  boolean next();
}
