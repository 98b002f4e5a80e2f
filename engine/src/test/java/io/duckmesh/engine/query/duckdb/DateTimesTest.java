package io.duckmesh.engine.query.duckdb;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.engine.schema.ValueText;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class DateTimesTest {
  @Example
  void everyDayOfTheUsualYearsIsWrittenAsValueTextDoes() {
    for (int day = -719_200; day <= 2_933_000; day++) {
      if (!date(day).equals(ValueText.date(day))) {
        assertThat(date(day)).isEqualTo(ValueText.date(day));
      }
    }
  }

  @Property
  void datesAreWrittenAsValueTextDoes(
      @ForAll @IntRange(min = -100_000_000, max = 100_000_000) int day) {
    assertThat(date(day)).isEqualTo(ValueText.date(day));
  }

  @Property
  void timestampsAreWrittenAsValueTextDoes(@ForAll long micros) {
    ByteSink sink = new ByteSink(OutputStream.nullOutputStream());
    DateTimes.writeTimestamp(sink, micros, false);
    sink.write(' ');
    DateTimes.writeTimestamp(sink, micros, true);

    assertThat(text(sink))
        .isEqualTo(ValueText.timestamp(micros) + " " + ValueText.timestamptz(micros));
  }

  private static String date(int day) {
    ByteSink sink = new ByteSink(OutputStream.nullOutputStream());
    DateTimes.writeDate(sink, day);
    return text(sink);
  }

  private static String text(ByteSink sink) {
    return new String(sink.toByteArray(), StandardCharsets.US_ASCII);
  }
}
