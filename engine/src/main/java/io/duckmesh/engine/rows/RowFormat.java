package io.duckmesh.engine.rows;

/** How rows are written as text. */
public enum RowFormat {
  /**
   * One JSON value: an array of rows, one row object, or the envelope {@code {"events": [{"key":
   * "k1", "op": "insert", "row": {}}]}}.
   */
  JSON,
  /** One row object a line; blank lines are skipped but counted. */
  NDJSON
}
