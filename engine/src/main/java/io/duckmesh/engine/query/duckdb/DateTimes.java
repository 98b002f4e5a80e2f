package io.duckmesh.engine.query.duckdb;

import io.duckmesh.engine.schema.ValueText;

/** Writes dates and times as {@link ValueText} does, without making texts of the usual ones. */
final class DateTimes {
  private static final long MICROS_PER_SECOND = 1_000_000;
  private static final long MICROS_PER_DAY = 86_400 * MICROS_PER_SECOND;

  /** Days from 0001-01-01 to 9999-12-31, whose years have four digits. */
  private static final long MIN_DAY = -719_162;

  private static final long MAX_DAY = 2_932_896;

  private DateTimes() {}

  static void writeDate(ByteSink sink, int epochDay) {
    if (epochDay < MIN_DAY || epochDay > MAX_DAY) {
      sink.writeAscii(ValueText.date(epochDay));
    } else {
      writeUsualDate(sink, epochDay);
    }
  }

  static void writeTimestamp(ByteSink sink, long micros, boolean instant) {
    long epochDay = Math.floorDiv(micros, MICROS_PER_DAY);
    if (epochDay < MIN_DAY || epochDay > MAX_DAY) {
      sink.writeAscii(instant ? ValueText.timestamptz(micros) : ValueText.timestamp(micros));
      return;
    }
    writeUsualDate(sink, (int) epochDay);
    sink.write('T');
    long rest = micros - epochDay * MICROS_PER_DAY;
    int seconds = (int) (rest / MICROS_PER_SECOND);
    writeTwo(sink, seconds / 3600);
    sink.write(':');
    writeTwo(sink, seconds / 60 % 60);
    sink.write(':');
    writeTwo(sink, seconds % 60);
    int fraction = (int) (rest % MICROS_PER_SECOND);
    if (fraction != 0) {
      sink.write('.');
      int width = 6;
      while (fraction % 10 == 0) {
        fraction /= 10;
        width--;
      }
      sink.writeDigits(fraction, width);
    }
    if (instant) {
      sink.write('Z');
    }
  }

  /** The proleptic Gregorian calendar in whole numbers, with years that begin in March. */
  private static void writeUsualDate(ByteSink sink, int epochDay) {
    int day = epochDay + 719_468;
    int era = day / 146_097;
    int dayOfEra = day - era * 146_097;
    int yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
    int dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
    int monthFromMarch = (5 * dayOfYear + 2) / 153;
    int month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
    int year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
    writeTwo(sink, year / 100);
    writeTwo(sink, year % 100);
    sink.write('-');
    writeTwo(sink, month);
    sink.write('-');
    writeTwo(sink, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1);
  }

  private static void writeTwo(ByteSink sink, int value) {
    sink.write((char) ('0' + value / 10));
    sink.write((char) ('0' + value % 10));
  }
}
