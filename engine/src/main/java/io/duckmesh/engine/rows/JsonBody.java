package io.duckmesh.engine.rows;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.duckmesh.engine.segment.KeyHash;
import io.duckmesh.engine.segment.KeyHashes;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * A body that is one JSON value: an array of rows, one row, or an envelope with events. An object
 * is an envelope if its first name is {@code events} and the table has no column of that name.
 */
final class JsonBody {
  private static final String EVENTS = "events";

  private final byte[] text;
  private final int start;
  private final int end;
  private final RowPlan plan;
  private final RowReader rows;
  private final RowErrors errors;
  private final RejectedRowCollector rejected;
  private final long maxRows;
  private long found;
  private boolean withinRow;
  private boolean envelope;

  /** Whether the events have keys, as the first one that fits says; null before it. */
  private @Nullable Boolean keyed;

  JsonBody(
      byte[] text,
      int start,
      int end,
      RowPlan plan,
      RowReader rows,
      RowErrors errors,
      RejectedRowCollector rejected,
      long maxRows) {
    this.text = text;
    this.start = start;
    this.end = end;
    this.plan = plan;
    this.rows = rows;
    this.errors = errors;
    this.rejected = rejected;
    this.maxRows = maxRows;
  }

  /** Whether the body is an object with events; known once it is read. */
  boolean isEnvelope() {
    return envelope;
  }

  /** Reads the body to its end, or to where it is not well-formed; answers how many rows it saw. */
  long read() {
    if (Utf8.isBlank(text, start, end)) {
      return 0;
    }
    // Text that is not UTF-8 ends for the parser where it is wrong, which tells the row.
    int invalid = Utf8.firstInvalid(text, start, end);
    int readable = invalid < 0 ? end : invalid;
    if (JsonCursor.isMistakable(text, start, readable) || readable == start) {
      errors.addBody(Utf8.shown(text, start, end), "A body is JSON text in UTF-8");
      return 0;
    }
    try (JsonCursor cursor = new JsonCursor(text, start, readable, errors)) {
      readBody(cursor);
      if (cursor.parser().nextToken() != null) {
        errors.addBody(cursor.skipShown(), "A body is one JSON value, with nothing behind it");
      } else if (invalid >= 0) {
        errors.addBody(Utf8.shown(text, invalid, end), "A body is JSON text in UTF-8");
      }
    } catch (JacksonException e) {
      rows.takeBack();
      String rule =
          invalid >= 0
              ? "A body is JSON text in UTF-8, at byte %d it is not".formatted(invalid - start + 1)
              : "A body is well-formed JSON: " + JsonCursor.explanation(e);
      if (withinRow) {
        errors.add(null, rule);
      } else {
        errors.addBody(null, rule);
      }
    }
    return found;
  }

  private void readBody(JsonCursor cursor) {
    JsonParser parser = cursor.parser();
    JsonToken token = parser.nextToken();
    int bodyStart = token == JsonToken.START_OBJECT ? cursor.tokenStart() : start;
    if (token == JsonToken.START_ARRAY) {
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        beginRow();
        readRow(cursor);
        withinRow = false;
      }
    } else if (token == JsonToken.START_OBJECT) {
      String name = parser.nextName();
      if (EVENTS.equals(name) && !plan.hasColumn(EVENTS)) {
        envelope = true;
        readEnvelope(cursor);
      } else {
        beginRow();
        long earlierErrors = errors.count();
        rows.readFrom(cursor, name);
        keepOrTakeBack(cursor, bodyStart, earlierErrors, null);
        withinRow = false;
      }
    } else {
      errors.addBody(
          cursor.skipShown(), "A body is an array of rows, one row, or an object with events");
    }
  }

  private void beginRow() {
    if (++found > maxRows) {
      throw new BodyTooLargeException("rows", maxRows);
    }
    errors.beginRow(found);
    withinRow = true;
  }

  private void readRow(JsonCursor cursor) {
    long earlierErrors = errors.count();
    int from = cursor.tokenStart();
    if (cursor.parser().currentToken() != JsonToken.START_OBJECT) {
      errors.add(cursor.skipShown(), "A row is a JSON object");
    } else {
      rows.read(cursor);
    }
    keepOrTakeBack(cursor, from, earlierErrors, null);
  }

  private void keepOrTakeBack(
      JsonCursor cursor, int from, long earlierErrors, @Nullable KeyHash key) {
    if (errors.count() == earlierErrors) {
      rows.keep(key);
    } else {
      rows.takeBack();
      rejected.take(errors, earlierErrors, text, from, cursor.position());
    }
  }

  private void readEnvelope(JsonCursor cursor) {
    JsonParser parser = cursor.parser();
    if (parser.nextToken() != JsonToken.START_ARRAY) {
      ColumnBuilder.reportValue(cursor, EVENTS, "events is an array of events");
    } else {
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        beginRow();
        readEvent(cursor);
        withinRow = false;
      }
    }
    String name;
    while ((name = parser.nextName()) != null) {
      parser.nextToken();
      ColumnBuilder.reportValue(cursor, name, "An object with events has nothing else");
    }
  }

  private void readEvent(JsonCursor cursor) {
    JsonParser parser = cursor.parser();
    long earlierErrors = errors.count();
    int from = cursor.tokenStart();
    if (parser.currentToken() != JsonToken.START_OBJECT) {
      errors.add(cursor.skipShown(), "An event is an object with key, op and row");
      keepOrTakeBack(cursor, from, earlierErrors, null);
      return;
    }
    KeyHash key = null;
    boolean hasRow = false;
    String name;
    while ((name = parser.nextName()) != null) {
      JsonToken token = parser.nextToken();
      switch (name) {
        case "key" -> key = key(cursor, token, key);
        case "op" -> checkOperation(cursor, token);
        case "row" -> {
          if (hasRow || token != JsonToken.START_OBJECT) {
            ColumnBuilder.reportValue(cursor, name, "An event has one row, an object");
          } else {
            rows.read(cursor);
          }
          hasRow = true;
        }
        default ->
            ColumnBuilder.reportValue(cursor, name, "An event has key, op and row, nothing else");
      }
    }
    if (!hasRow) {
      errors.add(() -> "row", () -> null, "An event has a row");
    }
    if (errors.count() == earlierErrors) {
      checkAllKeyed(key != null);
    }
    keepOrTakeBack(cursor, from, earlierErrors, key);
  }

  private @Nullable KeyHash key(JsonCursor cursor, JsonToken token, @Nullable KeyHash earlier) {
    if (token == JsonToken.VALUE_NULL) {
      return earlier;
    }
    if (rows.hasKeyColumns()) {
      ColumnBuilder.reportValue(
          cursor, "key", "The table takes event keys from its columns, an event has none");
      return earlier;
    }
    if (token != JsonToken.VALUE_STRING || cursor.parser().getString().isEmpty()) {
      ColumnBuilder.reportValue(cursor, "key", "An event key is a string that is not empty");
      return earlier;
    }
    if (earlier != null) {
      ColumnBuilder.reportValue(cursor, "key", "An event has one key");
      return earlier;
    }
    String key = cursor.parser().getString();
    if (!UTF_8.newEncoder().canEncode(key)) {
      ColumnBuilder.reportValue(
          cursor, "key", "An event key has Unicode characters, without half a surrogate pair");
      return null;
    }
    return KeyHashes.eventKey(key.getBytes(UTF_8));
  }

  private static void checkOperation(JsonCursor cursor, JsonToken token) {
    if (token != JsonToken.VALUE_STRING || !cursor.parser().getString().equals("insert")) {
      ColumnBuilder.reportValue(cursor, "op", "The operation on an append table is \"insert\"");
    }
  }

  private void checkAllKeyed(boolean hasKey) {
    if (keyed == null) {
      keyed = hasKey;
    } else if (keyed != hasKey) {
      errors.add(() -> "key", () -> null, "Either all events of a request have a key, or none has");
    }
  }
}
