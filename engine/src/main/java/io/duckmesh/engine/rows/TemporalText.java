package io.duckmesh.engine.rows;

import io.duckmesh.engine.schema.ColumnType.Primitive;
import java.time.LocalDate;

/** Dates and times as text: ISO 8601 in the strict form of RFC 3339, in microseconds. */
final class TemporalText {
  /** What {@code parse} answers for text that is not in its form; no date or time is this. */
  static final long INVALID = Long.MIN_VALUE;

  private static final long MICROS_PER_SECOND = 1_000_000;
  private static final long MICROS_PER_DAY = 86_400 * MICROS_PER_SECOND;

  /** 0001-01-01T00:00:00Z and 9999-12-31T23:59:59.999999Z. */
  private static final long FIRST_INSTANT = -62_135_596_800L * MICROS_PER_SECOND;

  private static final long LAST_INSTANT = 253_402_300_800L * MICROS_PER_SECOND - 1;
  private static final int DATE_LENGTH = 10;
  private static final int TIME_LENGTH = 8;
  private static final int[] DAYS_BEFORE_MONTH = {
    0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365
  };

  private TemporalText() {}

  /** Days since 1970-01-01 of {@code YYYY-MM-DD}, years 0001 to 9999. */
  static long parseDate(char[] text, int from, int to) {
    if (to - from != DATE_LENGTH || text[from + 4] != '-' || text[from + 7] != '-') {
      return INVALID;
    }
    int century = twoDigits(text, from);
    int yearOfCentury = twoDigits(text, from + 2);
    int month = twoDigits(text, from + 5);
    int day = twoDigits(text, from + 8);
    if ((century | yearOfCentury | month | day) < 0) {
      return INVALID;
    }
    int year = century * 100 + yearOfCentury;
    if (year == 0 || month < 1 || month > 12 || day < 1) {
      return INVALID;
    }
    boolean leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    int daysOfMonth =
        DAYS_BEFORE_MONTH[month] - DAYS_BEFORE_MONTH[month - 1] + (month == 2 && leap ? 1 : 0);
    if (day > daysOfMonth) {
      return INVALID;
    }
    int years = year - 1;
    long daysBeforeYear = 365L * years + years / 4 - years / 100 + years / 400;
    int dayOfYear = DAYS_BEFORE_MONTH[month - 1] + day - 1 + (month > 2 && leap ? 1 : 0);
    return daysBeforeYear + dayOfYear - 719_162;
  }

  /** Microseconds since midnight of {@code HH:MM:SS} with up to six decimals that count. */
  static long parseTime(char[] text, int from, int to) {
    if (to - from < TIME_LENGTH || text[from + 2] != ':' || text[from + 5] != ':') {
      return INVALID;
    }
    int hour = twoDigits(text, from);
    int minute = twoDigits(text, from + 3);
    int second = twoDigits(text, from + 6);
    if ((hour | minute | second) < 0 || hour > 23 || minute > 59 || second > 59) {
      return INVALID;
    }
    long micros = ((hour * 60L + minute) * 60 + second) * MICROS_PER_SECOND;
    int at = from + TIME_LENGTH;
    if (at == to) {
      return micros;
    }
    if (text[at] != '.' || ++at == to) {
      return INVALID;
    }
    int unit = 100_000;
    for (; at < to; at++) {
      int digit = text[at] - '0';
      if (digit < 0 || digit > 9 || (unit == 0 && digit != 0)) {
        return INVALID;
      }
      micros += (long) digit * unit;
      unit /= 10;
    }
    return micros;
  }

  /** Microseconds since 1970-01-01 of a date, T or a blank, and a time, without a zone. */
  static long parseTimestamp(char[] text, int from, int to) {
    if (to - from < DATE_LENGTH + 1 + TIME_LENGTH) {
      return INVALID;
    }
    char separator = text[from + DATE_LENGTH];
    if (separator != 'T' && separator != ' ' && separator != 't') {
      return INVALID;
    }
    long days = parseDate(text, from, from + DATE_LENGTH);
    long micros = parseTime(text, from + DATE_LENGTH + 1, to);
    return days == INVALID || micros == INVALID ? INVALID : days * MICROS_PER_DAY + micros;
  }

  /**
   * Microseconds since 1970-01-01 UTC of a timestamp with Z or an offset such as +02:00. The
   * instant has to be in the years 0001 to 9999 of UTC, too, in which it is written later.
   */
  static long parseTimestampWithZone(char[] text, int from, int to) {
    char last = to > from ? text[to - 1] : ' ';
    if (last == 'Z' || last == 'z') {
      return parseTimestamp(text, from, to - 1);
    }
    int zone = to - 6;
    if (zone < from || text[zone + 3] != ':') {
      return INVALID;
    }
    char sign = text[zone];
    int hours = twoDigits(text, zone + 1);
    int minutes = twoDigits(text, zone + 4);
    if ((sign != '+' && sign != '-') || (hours | minutes) < 0 || hours > 23 || minutes > 59) {
      return INVALID;
    }
    long local = parseTimestamp(text, from, zone);
    long offset = (hours * 60L + minutes) * 60 * MICROS_PER_SECOND;
    if (local == INVALID) {
      return INVALID;
    }
    long instant = sign == '+' ? local - offset : local + offset;
    return instant < FIRST_INSTANT || instant > LAST_INSTANT ? INVALID : instant;
  }

  /** The canonical text, which is read back as the same value; decimals only as far as needed. */
  static String print(Primitive type, long value) {
    StringBuilder text = new StringBuilder(32);
    switch (type) {
      case DATE -> text.append(LocalDate.ofEpochDay(value));
      case TIME -> printTime(text, value);
      case TIMESTAMP, TIMESTAMPTZ -> {
        text.append(LocalDate.ofEpochDay(Math.floorDiv(value, MICROS_PER_DAY))).append('T');
        printTime(text, Math.floorMod(value, MICROS_PER_DAY));
        if (type == Primitive.TIMESTAMPTZ) {
          text.append('Z');
        }
      }
      default -> throw new IllegalArgumentException("Not a date or time: " + type);
    }
    return text.toString();
  }

  private static void printTime(StringBuilder text, long micros) {
    long seconds = micros / MICROS_PER_SECOND;
    printTwoDigits(text, seconds / 3600);
    printTwoDigits(text.append(':'), seconds / 60 % 60);
    printTwoDigits(text.append(':'), seconds % 60);
    long fraction = micros % MICROS_PER_SECOND;
    if (fraction > 0) {
      text.append('.');
      for (long unit = 100_000; fraction > 0; unit /= 10) {
        text.append((char) ('0' + fraction / unit));
        fraction %= unit;
      }
    }
  }

  private static void printTwoDigits(StringBuilder text, long number) {
    text.append((char) ('0' + number / 10)).append((char) ('0' + number % 10));
  }

  /** The number at {@code at}, negative if these are not two digits. */
  private static int twoDigits(char[] text, int at) {
    int tens = text[at] - '0';
    int ones = text[at + 1] - '0';
    return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? -1 : tens * 10 + ones;
  }
}
