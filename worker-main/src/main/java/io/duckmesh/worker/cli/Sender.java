package io.duckmesh.worker.cli;

import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeException;
import dev.failsafe.RetryPolicy;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Tries a repeatable request again while the gateway is away, or says that trying again helps. */
final class Sender {
  private final RetryPolicy<Object> policy;

  /**
   * @param patience how long to go on trying
   * @param onRetry told what failed before each wait
   */
  Sender(Duration patience, Consumer<String> onRetry) {
    this.policy =
        RetryPolicy.builder()
            .handleIf(Sender::mayPass)
            .withBackoff(200, 10_000, ChronoUnit.MILLIS)
            .withJitter(0.2)
            // A wait that the gateway names comes first, and a little more for the jitter to take
            // away; without one the backoff holds.
            .withDelayFnOn(
                context -> {
                  RefusedException refusal = context.getLastException();
                  Duration named = refusal == null ? null : refusal.retryAfter();
                  return named == null ? Duration.ofMillis(-1) : named.multipliedBy(5).dividedBy(4);
                },
                RefusedException.class)
            .withMaxRetries(-1)
            .withMaxDuration(patience)
            .onRetryScheduled(
                event ->
                    onRetry.accept(
                        "%s. Trying again in %.1f s"
                            .formatted(
                                message(event.getLastException()),
                                event.getDelay().toMillis() / 1000.0)))
            .build();
  }

  <T> T send(Supplier<T> request) {
    try {
      return Failsafe.with(policy).get(request::get);
    } catch (FailsafeException e) {
      if (e.getCause() instanceof InterruptedException) {
        Thread.currentThread().interrupt();
      }
      throw new CommandFailedException("Gave up: " + e.getMessage(), e);
    }
  }

  private static boolean mayPass(Throwable failure) {
    return failure instanceof UnreachableException
        || (failure instanceof RefusedException refusal && refusal.retryable());
  }

  private static String message(@Nullable Throwable failure) {
    return failure == null ? "No answer" : String.valueOf(failure.getMessage());
  }
}
