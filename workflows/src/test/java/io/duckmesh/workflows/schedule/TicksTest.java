package io.duckmesh.workflows.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TicksTest {
  @ParameterizedTest
  @CsvSource({
    // first time
    ", 10000, 25000, 30000",
    ", 10000, 30000, 40000",
    // waiting for the next
    "30000, 10000, 30000, 40000",
    "30000, 10000, 38000, 40000",
    // late, but not too late
    "30000, 10000, 45000, 40000",
    "30000, 10000, 90000, 40000",
    // too late: those before are left out
    "30000, 10000, 131000, 80000",
    "3600000, 3600000, 7261000, 10800000",
    // a clock that was put back
    "900000, 10000, 25000, 30000",
  })
  void nextIsTheFirstMultipleAfterTheLastThatIsNotTooLongAgo(
      Long lastMillis, long everyMillis, long nowMillis, long expected) {
    assertThat(Ticks.next(lastMillis, everyMillis, nowMillis)).isEqualTo(expected);
  }

  @Test
  void everythingIsDueOnceAndInOrderWheneverSomebodyLooks() {
    Random random = new Random(7);
    for (int i = 0; i < 1_000; i++) {
      long every = 1_000L * (1 + random.nextInt(7_200));
      long now = random.nextInt(1_000_000_000);
      Long last = null;
      for (int look = 0; look < 20; look++) {
        long due = Ticks.next(last, every, now);
        assertThat(due % every).isZero();
        assertThat(due).isLessThanOrEqualTo(now + every);
        assertThat(due).isGreaterThan(now - Ticks.CATCH_UP_MILLIS);
        if (last != null) {
          assertThat(due).isGreaterThan(last);
        }
        if (due <= now || random.nextBoolean()) {
          last = due;
          now = Math.max(now, due);
        }
        now += random.nextInt((int) (2 * every));
      }
    }
  }
}
