package io.duckmesh.engine.segment;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.duckmesh.engine.rows.RejectedRow;
import io.duckmesh.engine.rows.RejectedRows;
import io.duckmesh.engine.rows.RowError;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of rejected rows, big-endian: one byte for the form, the number of rows; per row its
 * number (8 bytes), its raw text, the number of its errors; per error row number, column, value and
 * rule. A text is its length in bytes and itself, a length of -1 is none.
 */
final class RejectedRowsFormat {
  private static final int NONE = -1;

  private RejectedRowsFormat() {}

  static byte[] write(RejectedRows rows) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeByte(code(rows.form()));
      out.writeInt(rows.rows().size());
      for (RejectedRow row : rows.rows()) {
        out.writeLong(row.row());
        writeBytes(out, row.raw());
        out.writeInt(row.errors().size());
        for (RowError error : row.errors()) {
          out.writeLong(error.row());
          writeText(out, error.column());
          writeText(out, error.value());
          writeText(out, error.rule());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Memory cannot be written to", e);
    }
    return bytes.toByteArray();
  }

  static RejectedRows read(byte[] bytes) {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      RejectedRows.Form form = form(in.readByte());
      int count = in.readInt();
      List<RejectedRow> rows = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        long number = in.readLong();
        byte[] raw = readBytes(in);
        int errorCount = in.readInt();
        List<RowError> errors = new ArrayList<>();
        for (int j = 0; j < errorCount; j++) {
          long row = in.readLong();
          String column = readText(in);
          String value = readText(in);
          errors.add(new RowError(row, column, value, String.valueOf(readText(in))));
        }
        rows.add(new RejectedRow(number, errors, raw == null ? new byte[0] : raw));
      }
      return new RejectedRows(form, rows);
    } catch (IOException | IllegalArgumentException e) {
      throw new CorruptSegmentException("Segment's rejected rows cannot be read", e);
    }
  }

  private static void writeText(DataOutputStream out, @Nullable String text) throws IOException {
    if (text == null) {
      out.writeInt(NONE);
    } else {
      writeBytes(out, text.getBytes(UTF_8));
    }
  }

  private static void writeBytes(DataOutputStream out, byte[] bytes) throws IOException {
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  private static @Nullable String readText(DataInputStream in) throws IOException {
    byte[] bytes = readBytes(in);
    return bytes == null ? null : new String(bytes, UTF_8);
  }

  private static byte @Nullable [] readBytes(DataInputStream in) throws IOException {
    int length = in.readInt();
    if (length == NONE) {
      return null;
    }
    if (length < 0 || length > in.available()) {
      throw new IOException("A text of %d bytes, %d are left".formatted(length, in.available()));
    }
    return in.readNBytes(length);
  }

  /** Written to the log, so it does not follow the order of the enum. */
  private static int code(RejectedRows.Form form) {
    return switch (form) {
      case LINES -> 1;
      case ARRAY -> 2;
      case EVENTS -> 3;
    };
  }

  private static RejectedRows.Form form(byte code) {
    return switch (code) {
      case 1 -> RejectedRows.Form.LINES;
      case 2 -> RejectedRows.Form.ARRAY;
      case 3 -> RejectedRows.Form.EVENTS;
      default ->
          throw new CorruptSegmentException("Form %d of rejected rows is unknown".formatted(code));
    };
  }
}
