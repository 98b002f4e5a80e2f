package io.duckmesh.workflows.materialize;

import io.temporal.activity.Activity;
import io.temporal.failure.ApplicationFailure;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/** Steps that do what a test tells them, on a log that is a queue of batches. */
final class ScriptedActivities implements MaterializeActivities {
  final BlockingQueue<ClaimedBatch> log = new LinkedBlockingQueue<>();
  final List<String> calls = new CopyOnWriteArrayList<>();
  volatile Duration maxWait = Duration.ofSeconds(20);
  volatile Function<ClaimedBatch, WriteResult> write = ScriptedActivities::prepared;
  volatile Function<CommitInput, CommitResult> commit = ScriptedActivities::committed;

  static ClaimedBatch batch(long after, long upTo) {
    return new ClaimedBatch(
        "default-0", upTo, after, upTo, (int) (upTo - after), 10 * (upTo - after), 1000);
  }

  static WriteResult prepared(ClaimedBatch batch) {
    return new WriteResult(
        WriteResult.PREPARED,
        batch.claim(),
        1,
        batch.rows(),
        0,
        0,
        List.of("flights", "airlines"),
        null,
        12);
  }

  static CommitResult committed(CommitInput input) {
    return new CommitResult(
        CommitResult.COMMITTED, 100 + input.writeId(), input.batch().rows(), 0, 0, null, 3);
  }

  @Override
  public ClaimResult claim(ShardInput input) {
    calls.add("claim");
    long end = System.nanoTime() + maxWait.toNanos();
    try {
      while (System.nanoTime() < end) {
        ClaimedBatch batch = log.poll(20, TimeUnit.MILLISECONDS);
        if (batch != null) {
          return new ClaimResult(batch, 20);
        }
        Activity.getExecutionContext().heartbeat("waiting");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw ApplicationFailure.newFailureWithCause("Interrupted", "INTERRUPTED", e);
    }
    return new ClaimResult(null, maxWait.toMillis());
  }

  @Override
  public WriteResult write(ClaimedBatch batch) {
    calls.add("write " + batch.upTo());
    return write.apply(batch);
  }

  @Override
  public CommitResult commit(CommitInput input) {
    calls.add("commit " + input.batch().upTo());
    return commit.apply(input);
  }

  @Override
  public void requestFlush(ShardInput input) {
    calls.add("flush " + input.shard());
  }

  /** Waits until the call has been made so many times. */
  void awaitCalls(String call, int times) {
    await(() -> calls.stream().filter(call::equals).count() >= times, call + " x" + times);
  }

  static void await(BooleanSupplier condition, String what) {
    long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("Did not happen within 20 s: " + what);
      }
      LockSupport.parkNanos(2_000_000);
    }
  }
}
