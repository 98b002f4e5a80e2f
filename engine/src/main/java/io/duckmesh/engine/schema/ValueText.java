package io.duckmesh.engine.schema;

import java.math.BigDecimal;
import java.time.LocalDate;

/**
 * Values as text that keeps them exactly: the form of statistics in the catalog and of answers.
 * Numbers are plain decimal digits (REAL and DOUBLE the shortest that reads back as the same
 * number), DATE is {@code 2026-01-31}, TIME {@code 12:34:56.000001}, TIMESTAMP {@code
 * 2026-01-31T12:34:56.000001}, TIMESTAMPTZ the same with {@code Z}, BOOLEAN {@code true} or {@code
 * false}, UUID in lower case, VARCHAR itself. Fractions of a second lack zeros at their end. Years
 * beyond 9999 have more digits, those before the year 1 are negative with the year 0 among them.
 * DuckDB's endless dates and times are {@code infinity} and {@code -infinity}.
 */
public final class ValueText {
  private static final long MICROS_PER_SECOND = 1_000_000;
  private static final long MICROS_PER_DAY = 86_400 * MICROS_PER_SECOND;

  private ValueText() {}

  public static String decimal(BigDecimal value) {
    return value.toPlainString();
  }

  public static String real(float value) {
    return Float.toString(value);
  }

  public static String doublePrecision(double value) {
    return Double.toString(value);
  }

  /**
   * @param epochDay days since 1970-01-01
   */
  public static String date(int epochDay) {
    StringBuilder text = new StringBuilder(10);
    appendDate(text, epochDay);
    return text.toString();
  }

  /**
   * @param micros microseconds since midnight
   */
  public static String time(long micros) {
    StringBuilder text = new StringBuilder(15);
    appendTime(text, micros);
    return text.toString();
  }

  /**
   * @param micros microseconds since 1970-01-01T00:00:00, without a zone
   */
  public static String timestamp(long micros) {
    StringBuilder text = new StringBuilder(26);
    appendTimestamp(text, micros);
    return text.toString();
  }

  /**
   * @param micros microseconds since 1970-01-01T00:00:00Z
   */
  public static String timestamptz(long micros) {
    StringBuilder text = new StringBuilder(27);
    if (appendTimestamp(text, micros)) {
      text.append('Z');
    }
    return text.toString();
  }

  /** False if the value is endless. */
  private static boolean appendTimestamp(StringBuilder text, long micros) {
    if (micros == Long.MAX_VALUE || micros == -Long.MAX_VALUE) {
      text.append(micros > 0 ? "infinity" : "-infinity");
      return false;
    }
    appendDate(text, Math.floorDiv(micros, MICROS_PER_DAY));
    text.append('T');
    appendTime(text, Math.floorMod(micros, MICROS_PER_DAY));
    return true;
  }

  private static void appendDate(StringBuilder text, long epochDay) {
    if (epochDay == Integer.MAX_VALUE || epochDay == -Integer.MAX_VALUE) {
      text.append(epochDay > 0 ? "infinity" : "-infinity");
      return;
    }
    LocalDate date = LocalDate.ofEpochDay(epochDay);
    int year = date.getYear();
    if (year < 0) {
      text.append('-');
    }
    appendDigits(text, Math.abs(year), 4);
    text.append('-');
    appendDigits(text, date.getMonthValue(), 2);
    text.append('-');
    appendDigits(text, date.getDayOfMonth(), 2);
  }

  private static void appendTime(StringBuilder text, long micros) {
    long seconds = micros / MICROS_PER_SECOND;
    appendDigits(text, seconds / 3600, 2);
    text.append(':');
    appendDigits(text, seconds / 60 % 60, 2);
    text.append(':');
    appendDigits(text, seconds % 60, 2);
    long fraction = micros % MICROS_PER_SECOND;
    if (fraction != 0) {
      text.append('.');
      appendDigits(text, fraction, 6);
      int end = text.length();
      while (text.charAt(end - 1) == '0') {
        end--;
      }
      text.setLength(end);
    }
  }

  private static void appendDigits(StringBuilder text, long value, int width) {
    String digits = Long.toString(value);
    text.append("0".repeat(Math.max(0, width - digits.length()))).append(digits);
  }
}
