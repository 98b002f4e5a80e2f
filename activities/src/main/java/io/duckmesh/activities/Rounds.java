package io.duckmesh.activities;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Does something again and again on a thread of its own, whatever became of it the last time. */
public final class Rounds implements Background {
  private static final Logger log = LoggerFactory.getLogger(Rounds.class);

  private final String name;
  private final Duration interval;
  private final Runnable round;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread thread;
  private boolean failing;

  /**
   * @param name of the thread
   * @param interval from the end of a round to the next
   */
  public Rounds(String name, Duration interval, Runnable round) {
    this.name = name;
    this.interval = interval;
    this.round = round;
    this.thread = Thread.ofPlatform().daemon().name(name).unstarted(this::run);
  }

  @Override
  public void start() {
    thread.start();
  }

  @Override
  public void close() {
    closed.countDown();
    thread.interrupt();
    try {
      thread.join(Duration.ofSeconds(5));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whether the thread is about to end, so that what fails now is not worth a word. */
  public boolean isClosing() {
    return closed.getCount() == 0;
  }

  private void run() {
    try {
      do {
        runRound();
      } while (!closed.await(interval.toMillis(), TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      // Only close() interrupts this thread, which ends here.
      log.debug("Interrupted name={}", name);
    }
  }

  /** The thread must live; what fails again and again is said once. */
  private void runRound() {
    try {
      round.run();
      if (failing) {
        log.info("Works again name={}", name);
      }
      failing = false;
    } catch (RuntimeException e) {
      if (!failing && !isClosing()) {
        log.warn("Does not work, trying again name={} reason={}", name, e.getMessage(), e);
      }
      failing = true;
    }
  }
}
