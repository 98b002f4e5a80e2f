package io.duckmesh.engine.query;

/**
 * How an answer is written.
 *
 * <p>In JSON, integers and decimals are numbers with all their digits, REAL and DOUBLE the shortest
 * numbers that read back as the same value, NaN and the infinities the texts {@code NaN}, {@code
 * Infinity} and {@code -Infinity}. TIMESTAMPTZ is {@code 2026-01-31T12:00:00.5Z} and the other
 * times the same without what they lack, with as many digits of the second as are needed; INTERVAL
 * is an ISO 8601 duration, UUID its usual text, BLOB base64, a JSON value stands as it is, LIST is
 * an array, STRUCT and MAP are objects. UNION and VARIANT are in no answer. CSV has the same
 * without quotes; nothing between two commas is null, a pair of quotes an empty text, a nested
 * value its JSON. Arrow keeps DuckDB's types, by extension types where Arrow has no own.
 *
 * <p>Parquet keeps the values of all types that tables may have. Of the others, integers keep their
 * width and sign, HUGEINT and UHUGEINT become DECIMAL(38,0) and fail where that is too small,
 * seconds become milliseconds; ENUM, INTERVAL, TIMETZ, BIT and BIGNUM become the texts that CSV
 * has, a STRUCT without fields becomes JSON. Of several columns with one name, the later ones get a
 * number behind it.
 */
public enum ResultFormat {
  /** JSON array of row arrays, without anything around it. */
  JSON_ROWS,
  /** One JSON object a line. */
  NDJSON,
  /** RFC 4180 with a header line. */
  CSV,
  /** Arrow IPC stream. */
  ARROW,
  /** One Parquet file. */
  PARQUET
}
