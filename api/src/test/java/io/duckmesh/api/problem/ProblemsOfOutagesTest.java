package io.duckmesh.api.problem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import io.duckmesh.bus.BusUnavailableException;
import io.duckmesh.catalog.CatalogUnavailableException;
import io.duckmesh.catalog.CommitStateUnknownException;
import io.duckmesh.engine.objects.CorruptObjectException;
import io.duckmesh.engine.objects.ObjectKey;
import io.duckmesh.engine.objects.ObjectNotFoundException;
import io.duckmesh.engine.objects.ObjectStoreUnavailableException;
import io.duckmesh.engine.objects.cache.ObjectCacheException;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ProblemsOfOutagesTest {
  private static final String SECRET = "/var/cache/duckmesh";
  private static final IOException CAUSE = new IOException("No space left on " + SECRET);

  static Stream<RuntimeException> outages() {
    return Stream.of(
        new ObjectCacheException("Cannot write " + SECRET, CAUSE),
        new ObjectStoreUnavailableException("No answer from " + SECRET, CAUSE),
        new CatalogUnavailableException("No connection to " + SECRET, CAUSE),
        new CommitStateUnknownException("No answer from " + SECRET, CAUSE),
        new BusUnavailableException("No connection to " + SECRET, false, CAUSE),
        new BusUnavailableException("No answer from " + SECRET, true, CAUSE));
  }

  @ParameterizedTest
  @MethodSource("outages")
  void anOutageIsRetryableSaysWhenAndShowsNothingOfTheInside(RuntimeException outage) {
    ProblemException problem = Problems.of(outage);

    assertThat(problem.error()).isEqualTo(ApiError.UNAVAILABLE);
    assertThat(problem.error().status()).isEqualTo(503);
    assertThat(problem.error().retryable()).isTrue();
    assertThat(problem.retryAfter()).isPositive();
    assertThat(problem.detail()).isNotBlank().doesNotContain(SECRET);
    assertThat(problem.context().toString()).doesNotContain(SECRET);
  }

  @Test
  void aDamagedFileIsNamedAndNoRetryHelps() {
    ObjectKey key = new ObjectKey("default/t/1.parquet");

    for (RuntimeException damage :
        List.of(new ObjectNotFoundException(key), new CorruptObjectException(key, 10, 9))) {
      ProblemException problem = Problems.of(damage);
      assertThat(problem.error()).isEqualTo(ApiError.FILE_DAMAGED);
      assertThat(problem.error().retryable()).isFalse();
      assertThat(problem.detail()).contains(key.value()).contains("duckmesh verify");
    }
  }

  @Test
  void aLogThatDoesNotAnswerSaysWhetherEventsMayHaveBeenAccepted() {
    assertThat(Problems.of(new BusUnavailableException("x", true, CAUSE)).context())
        .contains(entry("outcome_unknown", true));
    assertThat(Problems.of(new BusUnavailableException("x", false, CAUSE)).context())
        .contains(entry("outcome_unknown", false));
  }
}
