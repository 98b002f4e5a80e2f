package io.duckmesh.engine.query.pruning;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.OptionalLong;

/**
 * Reads dates and times in the form of {@link io.duckmesh.engine.schema.ValueText}, and in those
 * forms of SQL that mean the same under every reading; anything else is empty.
 */
final class TemporalBounds {
  static final long MICROS_PER_DAY = 86_400_000_000L;

  private TemporalBounds() {}

  /** Days since 1970-01-01. */
  static OptionalLong day(String text) {
    int start = text.startsWith("-") ? 1 : 0;
    int first = text.indexOf('-', start);
    if (first - start < 4 || first - start > 7 || text.length() != first + 6) {
      return OptionalLong.empty();
    }
    if (text.charAt(first + 3) != '-') {
      return OptionalLong.empty();
    }
    int year = digits(text, start, first);
    int month = digits(text, first + 1, first + 3);
    int day = digits(text, first + 4, first + 6);
    if (year < 0 || month < 0 || day < 0) {
      return OptionalLong.empty();
    }
    try {
      return OptionalLong.of(LocalDate.of(start == 1 ? -year : year, month, day).toEpochDay());
    } catch (DateTimeException e) {
      return OptionalLong.empty();
    }
  }

  /** Microseconds of {@code 12:34:56} and up to six digits of the second's fraction. */
  static OptionalLong time(String text) {
    if (text.length() < 8 || text.charAt(2) != ':' || text.charAt(5) != ':') {
      return OptionalLong.empty();
    }
    int hours = digits(text, 0, 2);
    int minutes = digits(text, 3, 5);
    int seconds = digits(text, 6, 8);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || seconds < 0 || seconds > 59) {
      return OptionalLong.empty();
    }
    long micros = 0;
    if (text.length() > 8) {
      int places = text.length() - 9;
      int fraction = text.charAt(8) == '.' ? digits(text, 9, text.length()) : -1;
      if (fraction < 0 || places < 1 || places > 6) {
        return OptionalLong.empty();
      }
      micros = fraction;
      for (int i = places; i < 6; i++) {
        micros *= 10;
      }
    }
    return OptionalLong.of(((hours * 60L + minutes) * 60 + seconds) * 1_000_000 + micros);
  }

  /** Microseconds since 1970 of a date and time, or of a date as its midnight. */
  static OptionalLong timestamp(String text) {
    int separator = text.indexOf('T');
    if (separator < 0) {
      separator = text.indexOf(' ');
    }
    OptionalLong day = day(separator < 0 ? text : text.substring(0, separator));
    OptionalLong time = separator < 0 ? OptionalLong.of(0) : time(text.substring(separator + 1));
    if (day.isEmpty() || time.isEmpty()) {
      return OptionalLong.empty();
    }
    // Days have seven digits of a year at most, so this stays within a long but for the farthest.
    try {
      return OptionalLong.of(
          Math.addExact(Math.multiplyExact(day.getAsLong(), MICROS_PER_DAY), time.getAsLong()));
    } catch (ArithmeticException e) {
      return OptionalLong.empty();
    }
  }

  /** The same with {@code Z} or {@code +00} at its end; without a zone it is in UTC. */
  static OptionalLong timestamptz(String text) {
    if (text.endsWith("Z")) {
      return timestamp(text.substring(0, text.length() - 1));
    }
    if (text.endsWith("+00")) {
      return timestamp(text.substring(0, text.length() - 3));
    }
    return timestamp(text);
  }

  private static int digits(String text, int from, int to) {
    int value = 0;
    for (int i = from; i < to; i++) {
      int digit = text.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      value = value * 10 + digit;
    }
    return value;
  }
}
