package io.duckmesh.engine.rows;

import io.duckmesh.engine.schema.Column;
import io.duckmesh.engine.schema.RowSchema;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.apache.arrow.memory.BufferAllocator;

/**
 * Reads rows from JSON text: the one definition of how a JSON value becomes a typed value. Nothing
 * is rounded, cut, or replaced by null; a value that does not fit is an error.
 *
 * <table>
 * <caption>What a JSON value has to be</caption>
 * <tr><td>BOOLEAN</td><td>true or false</td></tr>
 * <tr><td>SMALLINT, INTEGER, BIGINT</td><td>number without fraction and exponent, in range; BIGINT
 * also a string of that, for clients whose numbers have 53 bits</td></tr>
 * <tr><td>REAL, DOUBLE</td><td>number, of which the nearest value is taken, but not infinity; or the
 * strings {@code NaN}, {@code Infinity}, {@code -Infinity}</td></tr>
 * <tr><td>DECIMAL</td><td>number or string of one; its exact value has to fit, trailing zeros
 * aside</td></tr>
 * <tr><td>VARCHAR</td><td>string</td></tr>
 * <tr><td>DATE, TIME</td><td>string {@code 2026-01-31}, {@code 23:59:59.123456}</td></tr>
 * <tr><td>TIMESTAMP</td><td>string of date, T or blank, and time, without a zone</td></tr>
 * <tr><td>TIMESTAMPTZ</td><td>the same with Z or an offset such as +01:00 (RFC 3339)</td></tr>
 * <tr><td>UUID</td><td>string of 36 characters</td></tr>
 * <tr><td>BLOB</td><td>string in Base64 with padding</td></tr>
 * <tr><td>JSON</td><td>any value but null, kept byte for byte</td></tr>
 * <tr><td>LIST, STRUCT</td><td>array; object, of which missing fields are null</td></tr>
 * </table>
 *
 * <p>Names match exactly. A missing column has its default, or NULL; null is NULL. More than six
 * decimals of a second are an error unless they are zeros.
 */
public final class JsonRows {
  private static final int FIRST_BYTES = 4096;
  private static final int LONGEST_ARRAY = Integer.MAX_VALUE - 16;

  private JsonRows() {}

  /**
   * Reads and checks all rows. The caller closes the batch, and the stream. Nothing of the
   * allocator stays taken if this throws.
   *
   * @throws InvalidRowsException if a value does not fit, the text is not what its format says, or
   *     there are no rows
   * @throws BodyTooLargeException if there are more bytes or rows than the options allow
   * @throws IllegalArgumentException if an event key column is no column of the schema, or a
   *     column's default does not fit its type
   * @throws IOException if the stream fails
   */
  public static RowBatch read(
      InputStream body,
      RowFormat format,
      RowSchema schema,
      RowOptions options,
      BufferAllocator allocator)
      throws IOException {
    SortedRows sorted =
        read(body, format, schema, options, allocator, RejectedRowCollector.refusing());
    RowBatch rows = sorted.rows();
    if (rows == null) {
      throw new IllegalStateException("Rows were neither kept nor refused");
    }
    return rows;
  }

  /**
   * Reads all rows and sorts out those that do not fit. The caller closes what is returned, and the
   * stream. Nothing of the allocator stays taken if this throws.
   *
   * @throws InvalidRowsException if the body as a whole is not what its format says, or there are
   *     no rows
   * @throws BodyTooLargeException if there are more bytes or rows than the options allow
   * @throws IllegalArgumentException if an event key column is no column of the schema, or a
   *     column's default does not fit its type
   * @throws IOException if the stream fails
   */
  public static SortedRows sort(
      InputStream body,
      RowFormat format,
      RowSchema schema,
      RowOptions options,
      BufferAllocator allocator)
      throws IOException {
    return read(body, format, schema, options, allocator, RejectedRowCollector.keeping());
  }

  private static SortedRows read(
      InputStream body,
      RowFormat format,
      RowSchema schema,
      RowOptions options,
      BufferAllocator allocator,
      RejectedRowCollector rejected)
      throws IOException {
    RowPlan plan = RowPlan.of(schema);
    RowErrors errors = new RowErrors(options.maxErrors());
    RowReader rows = new RowReader(plan, options, errors);
    Text text = readText(body, options.maxBytes());
    int start = JsonCursor.hasByteOrderMark(text.bytes, 0, text.length) ? 3 : 0;
    Read read =
        switch (format) {
          case NDJSON ->
              new Read(
                  RejectedRows.Form.LINES,
                  new NdjsonBody(
                          text.bytes, start, text.length, rows, errors, rejected, options.maxRows())
                      .read());
          case JSON -> {
            JsonBody json =
                new JsonBody(
                    text.bytes,
                    start,
                    text.length,
                    plan,
                    rows,
                    errors,
                    rejected,
                    options.maxRows());
            long found = json.read();
            yield new Read(
                json.isEnvelope() ? RejectedRows.Form.EVENTS : RejectedRows.Form.ARRAY, found);
          }
        };
    errors.check();
    if (read.found() == 0) {
      errors.addBody(null, "A body has at least one row");
      errors.check();
    }
    return new SortedRows(
        rows.rowCount() == 0 ? null : rows.finish(schema, allocator),
        rejected.isEmpty() ? null : new RejectedRows(read.form(), rejected.rows()));
  }

  /**
   * Checks that the column's default fits its type.
   *
   * @throws IllegalArgumentException if it does not
   */
  public static void checkDefault(Column column) {
    ColumnBuilder unused = RowPlan.readDefault(column);
  }

  private static Text readText(InputStream body, long maxBytes) throws IOException {
    int limit = (int) Math.min(maxBytes, LONGEST_ARRAY - 1);
    byte[] bytes = new byte[Math.max(FIRST_BYTES, Math.min(limit, body.available()) + 1)];
    int length = 0;
    while (true) {
      int read = body.read(bytes, length, bytes.length - length);
      if (read < 0) {
        return new Text(bytes, length);
      }
      length += read;
      if (length > limit) {
        throw new BodyTooLargeException("bytes", limit);
      }
      if (length == bytes.length) {
        bytes = Arrays.copyOf(bytes, (int) Math.min(2L * length, limit + 1L));
      }
    }
  }

  /** How many rows a body had, and what it was. */
  private record Read(RejectedRows.Form form, long found) {}

  /** The first {@code length} of the bytes. */
  @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
  private record Text(byte[] bytes, int length) {}
}
