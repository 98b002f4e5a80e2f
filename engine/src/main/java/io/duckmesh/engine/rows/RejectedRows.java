package io.duckmesh.engine.rows;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import java.io.ByteArrayOutputStream;
import java.util.List;

/**
 * Rows of one request that do not fit their table, in the order of the request.
 *
 * @param rows at least one
 */
public record RejectedRows(Form form, List<RejectedRow> rows) {
  /** What the request was, which says how its rows are put together again. */
  public enum Form {
    /** Lines of NDJSON. */
    LINES,
    /** Elements of a JSON array, or the one row that is the body. */
    ARRAY,
    /** Elements of the array {@code events} of a JSON object. */
    EVENTS
  }

  public RejectedRows {
    requireNonNull(form, "form is null");
    rows = List.copyOf(rows);
    if (rows.isEmpty()) {
      throw new IllegalArgumentException("There are no rejected rows");
    }
  }

  /** Format of {@link #body()}. */
  public RowFormat format() {
    return form == Form.LINES ? RowFormat.NDJSON : RowFormat.JSON;
  }

  /** A body of these rows alone, each as it was sent. */
  public byte[] body() {
    return switch (form) {
      case LINES -> joined("", "\n", "");
      case ARRAY -> joined("[", ",", "]");
      case EVENTS -> joined("{\"events\":[", ",", "]}");
    };
  }

  private byte[] joined(String begin, String between, String end) {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    body.writeBytes(begin.getBytes(UTF_8));
    for (int i = 0; i < rows.size(); i++) {
      if (i > 0) {
        body.writeBytes(between.getBytes(UTF_8));
      }
      body.writeBytes(rows.get(i).raw());
    }
    body.writeBytes(end.getBytes(UTF_8));
    return body.toByteArray();
  }
}
