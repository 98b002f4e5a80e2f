package io.duckmesh.engine.rows;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonToken;

/**
 * A body of one row object a line.
 *
 * <p>One parser reads all lines, because starting one costs as much as a third of a row. At the
 * first line that is not one whole object that parser has lost its place: from there on each line
 * has a parser of its own, which can not look into the next one, so that a wrong line is an error
 * of exactly this line, and costs no more than its length.
 */
final class NdjsonBody {
  private final byte[] text;
  private final int start;
  private final int end;
  private final RowReader rows;
  private final RowErrors errors;
  private final RejectedRowCollector rejected;
  private final long maxRows;
  private @Nullable JsonCursor shared;
  private boolean isolated;

  NdjsonBody(
      byte[] text,
      int start,
      int end,
      RowReader rows,
      RowErrors errors,
      RejectedRowCollector rejected,
      long maxRows) {
    this.text = text;
    this.start = start;
    this.end = end;
    this.rows = rows;
    this.errors = errors;
    this.rejected = rejected;
    this.maxRows = maxRows;
  }

  /** Reads all lines; answers how many have a row. */
  long read() {
    try {
      long line = 0;
      long found = 0;
      for (int at = start; at < end; ) {
        int lineEnd = Utf8.lineEnd(text, at, end);
        line++;
        if (!Utf8.isBlank(text, at, lineEnd)) {
          if (++found > maxRows) {
            throw new BodyTooLargeException("rows", maxRows);
          }
          errors.beginRow(line);
          readLine(at, lineEnd);
        }
        at = lineEnd + 1;
      }
      return found;
    } finally {
      if (shared != null) {
        shared.close();
      }
    }
  }

  private void readLine(int from, int to) {
    long earlierErrors = errors.count();
    if (!isolated) {
      if (readShared(from, to)) {
        keepOrTakeBack(earlierErrors, from, to);
        return;
      }
      isolated = true;
      errors.rollback(earlierErrors);
      rows.takeBack();
    }
    readIsolated(from, to);
    keepOrTakeBack(earlierErrors, from, to);
  }

  private void keepOrTakeBack(long earlierErrors, int from, int to) {
    if (errors.count() == earlierErrors) {
      rows.keep(null);
    } else {
      rows.takeBack();
      rejected.take(errors, earlierErrors, text, from, to);
    }
  }

  /** Reads the line with the parser of all lines; false if the line is not one whole object. */
  private boolean readShared(int from, int to) {
    if (Utf8.firstInvalid(text, from, to) >= 0) {
      return false;
    }
    JsonCursor cursor = shared;
    if (cursor == null) {
      if (JsonCursor.isMistakable(text, from, to)) {
        return false;
      }
      cursor = new JsonCursor(text, from, end, errors);
      shared = cursor;
    }
    try {
      if (cursor.parser().nextToken() != JsonToken.START_OBJECT) {
        return false;
      }
      rows.read(cursor);
      int position = cursor.position();
      return position <= to && Utf8.isBlank(text, position, to);
    } catch (JacksonException e) {
      return false;
    }
  }

  private void readIsolated(int from, int to) {
    if (Utf8.firstInvalid(text, from, to) >= 0) {
      errors.add(Utf8.shown(text, from, to), "A row is text in UTF-8");
      return;
    }
    if (JsonCursor.isMistakable(text, from, to)) {
      errors.add(Utf8.shown(text, from, to), "A row is a JSON object, and begins with {");
      return;
    }
    long earlierErrors = errors.count();
    try (JsonCursor cursor = new JsonCursor(text, from, to, errors)) {
      if (cursor.parser().nextToken() != JsonToken.START_OBJECT) {
        errors.add(Utf8.shown(text, from, to), "A row is a JSON object");
        return;
      }
      rows.read(cursor);
      if (cursor.parser().nextToken() != null) {
        errors.add(Utf8.shown(text, from, to), "A line has one row");
      }
    } catch (JacksonException e) {
      errors.rollback(earlierErrors);
      errors.add(
          Utf8.shown(text, from, to), "A row is well-formed JSON: " + JsonCursor.explanation(e));
    }
  }
}
