package io.duckmesh.worker;

import io.duckmesh.api.ReadinessCheck;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Asks something that may hang, and takes silence for an answer. */
record BoundedCheck(String name, Probe probe) implements ReadinessCheck {
  private static final Duration PATIENCE = Duration.ofMillis(900);

  /** Ends well if the thing answers. */
  @FunctionalInterface
  interface Probe {
    void ask();
  }

  @Override
  public Optional<String> missing() {
    FutureTask<Boolean> task = new FutureTask<>(probe::ask, true);
    Thread thread = Thread.ofVirtual().name("check-" + name).start(task);
    try {
      task.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
      return Optional.empty();
    } catch (TimeoutException e) {
      thread.interrupt();
      return Optional.of("It did not answer within %d ms".formatted(PATIENCE.toMillis()));
    } catch (ExecutionException e) {
      return Optional.of("It does not answer: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.of("Interrupted");
    }
  }
}
