package io.duckmesh.workflows;

import io.temporal.activity.ActivityCancellationType;
import io.temporal.activity.ActivityOptions;
import io.temporal.common.RetryOptions;
import java.time.Duration;

/** Timeouts and retries of activities, each with its reason. */
public final class ActivityProfiles {
  /**
   * What time may mend is tried for ever: a shard never gives up. The first tries are quick, since
   * most faults are a connection that broke; ten seconds at most, so that a shard goes on soon
   * after the fault is mended.
   */
  private static final RetryOptions FOR_EVER =
      RetryOptions.newBuilder()
          .setInitialInterval(Duration.ofMillis(200))
          .setBackoffCoefficient(2)
          .setMaximumInterval(Duration.ofSeconds(10))
          .build();

  /**
   * What a later run does anyway is tried for four minutes: a store that restarts is waited for,
   * one that is broken is said to be.
   */
  private static final RetryOptions FOR_MINUTES = retries(10);

  /** A quarter of a minute: the run goes on without it, and others must not wait. */
  private static final RetryOptions FOR_SECONDS = retries(5);

  private ActivityProfiles() {}

  private static RetryOptions retries(int attempts) {
    return RetryOptions.newBuilder()
        .setInitialInterval(Duration.ofSeconds(1))
        .setBackoffCoefficient(2)
        .setMaximumInterval(Duration.ofMinutes(1))
        .setMaximumAttempts(attempts)
        .build();
  }

  /**
   * Waits up to 20 s for events, beating every 2 s. A silent worker is replaced after 8 s, which is
   * how long a shard stands still after a kill; repeating a wait costs nothing. A minute in all
   * leaves room for a slow log.
   */
  public static ActivityOptions waiting(String summary) {
    return ActivityOptions.newBuilder()
        .setSummary(summary)
        .setStartToCloseTimeout(Duration.ofMinutes(1))
        .setHeartbeatTimeout(Duration.ofSeconds(8))
        // What is cancelled may have claimed a batch at that moment: its end is waited for.
        .setCancellationType(ActivityCancellationType.WAIT_CANCELLATION_COMPLETED)
        .setRetryOptions(FOR_EVER)
        .build();
  }

  /**
   * Milliseconds to minutes of work on a batch's rows, beating every 2 s. Seven beats may be lost
   * before the work is thrown away and done again; half an hour is far beyond the biggest batch on
   * the slowest store.
   */
  public static ActivityOptions writing(String summary) {
    return ActivityOptions.newBuilder()
        .setSummary(summary)
        .setStartToCloseTimeout(Duration.ofMinutes(30))
        .setHeartbeatTimeout(Duration.ofSeconds(15))
        .setCancellationType(ActivityCancellationType.WAIT_CANCELLATION_COMPLETED)
        .setRetryOptions(FOR_EVER)
        .build();
  }

  /**
   * One transaction of the catalog: milliseconds. Ten seconds without a beat mean that the worker
   * is gone; two minutes bound a transaction that waits for a lock.
   */
  public static ActivityOptions committing(String summary) {
    return ActivityOptions.newBuilder()
        .setSummary(summary)
        .setStartToCloseTimeout(Duration.ofMinutes(2))
        .setHeartbeatTimeout(Duration.ofSeconds(10))
        .setCancellationType(ActivityCancellationType.WAIT_CANCELLATION_COMPLETED)
        .setRetryOptions(FOR_EVER)
        .build();
  }

  /**
   * A statement or two that begin or end a run, or count. A minute is far beyond a slow catalog; it
   * is tried for as long as the run may last, since nobody waits.
   */
  public static ActivityOptions bookkeeping(String summary) {
    return ActivityOptions.newBuilder()
        .setSummary(summary)
        .setStartToCloseTimeout(Duration.ofMinutes(5))
        .setRetryOptions(FOR_EVER)
        .build();
  }

  /**
   * Reads for about a minute, and as long as the last file takes, beating every 2 s. A minute
   * without a beat is a store that stands still or a worker that is gone: the next attempt goes on
   * where the last beat was.
   */
  public static ActivityOptions reading(String summary) {
    return ActivityOptions.newBuilder()
        .setSummary(summary)
        .setStartToCloseTimeout(Duration.ofHours(1))
        .setHeartbeatTimeout(Duration.ofMinutes(1))
        .setRetryOptions(FOR_EVER)
        .build();
  }

  /** A hint that may be lost: a few quick tries, then never mind. */
  public static ActivityOptions hint(String summary) {
    return ActivityOptions.newBuilder()
        .setSummary(summary)
        .setStartToCloseTimeout(Duration.ofSeconds(5))
        .setRetryOptions(
            RetryOptions.newBuilder()
                .setInitialInterval(Duration.ofMillis(100))
                .setMaximumAttempts(3)
                .build())
        .build();
  }

  /**
   * Reads what the catalog has and waits up to 20 s for more, beating every 2 s. Ten thousand files
   * are read at a time, so minutes are far more than a plan takes.
   */
  public static ActivityOptions planning(String summary) {
    return ActivityOptions.newBuilder()
        .setSummary(summary)
        .setStartToCloseTimeout(Duration.ofMinutes(10))
        .setHeartbeatTimeout(Duration.ofSeconds(30))
        .setCancellationType(ActivityCancellationType.WAIT_CANCELLATION_COMPLETED)
        .setRetryOptions(FOR_MINUTES)
        .build();
  }

  /**
   * Reads, merges and writes files, beating every 2 s, on a queue of its own where it may wait for
   * its turn as long as it takes. Two hours are far beyond the biggest file at the least share of
   * bandwidth.
   */
  public static ActivityOptions rewriting(String summary) {
    return ActivityOptions.newBuilder()
        .setSummary(summary)
        .setTaskQueue(TaskQueues.COMPACT)
        .setStartToCloseTimeout(Duration.ofHours(2))
        .setHeartbeatTimeout(Duration.ofSeconds(30))
        .setCancellationType(ActivityCancellationType.WAIT_CANCELLATION_COMPLETED)
        .setRetryOptions(FOR_MINUTES)
        .build();
  }

  /**
   * One transaction of the catalog: milliseconds, without beats. A minute bounds one that waits for
   * a lock.
   */
  public static ActivityOptions publishing(String summary) {
    return ActivityOptions.newBuilder()
        .setSummary(summary)
        .setStartToCloseTimeout(Duration.ofMinutes(1))
        .setCancellationType(ActivityCancellationType.WAIT_CANCELLATION_COMPLETED)
        .setRetryOptions(FOR_MINUTES)
        .build();
  }

  /** About a minute of work in pages, beating every 2 s; the rest of the run does not need it. */
  public static ActivityOptions slice(String summary) {
    return ActivityOptions.newBuilder()
        .setSummary(summary)
        .setStartToCloseTimeout(Duration.ofMinutes(10))
        .setHeartbeatTimeout(Duration.ofSeconds(30))
        .setCancellationType(ActivityCancellationType.WAIT_CANCELLATION_COMPLETED)
        .setRetryOptions(FOR_SECONDS)
        .build();
  }

  /** A statement or two that begin or end a run; given up when a later run is as good. */
  public static ActivityOptions recording(String summary) {
    return ActivityOptions.newBuilder()
        .setSummary(summary)
        .setStartToCloseTimeout(Duration.ofMinutes(1))
        .setRetryOptions(FOR_MINUTES)
        .build();
  }

  /** One look at the catalog, which is taken again in seconds anyway. */
  public static ActivityOptions looking(String summary) {
    return ActivityOptions.newBuilder()
        .setSummary(summary)
        .setStartToCloseTimeout(Duration.ofSeconds(30))
        .setScheduleToCloseTimeout(Duration.ofSeconds(50))
        .setRetryOptions(FOR_SECONDS)
        .build();
  }
}
