package io.duckmesh.engine.query;

/** How an answer is written. */
public enum ResultFormat {
  /** JSON array of row arrays, without anything around it. */
  JSON_ROWS,
  /** One JSON object a line. */
  NDJSON,
  /** RFC 4180 with a header line. */
  CSV,
  /** Arrow IPC stream. */
  ARROW
}
