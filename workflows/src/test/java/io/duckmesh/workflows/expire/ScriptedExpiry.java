package io.duckmesh.workflows.expire;

import io.duckmesh.workflows.compact.PlannedGroup;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** Steps that let five snapshots expire, and forget in a number of slices. */
public final class ScriptedExpiry implements ExpireActivities {
  public final List<String> calls = new CopyOnWriteArrayList<>();
  public final Deque<List<PlannedGroup>> trims = new ConcurrentLinkedDeque<>();
  public volatile int slices = 1;
  public volatile Consumer<ExpireRun> snapshots = run -> {};
  public volatile Runnable planning = () -> {};
  public volatile Runnable forgetting = () -> {};

  @Override
  public ExpireStep expireSnapshots(ExpireRun input) {
    calls.add("expire " + input.tenant());
    snapshots.accept(input);
    return new ExpireStep(5, 7, 12, 2, 1);
  }

  @Override
  public TrimPlan planTrims(ExpireRun input) {
    calls.add("trims");
    planning.run();
    List<PlannedGroup> groups = trims.poll();
    return groups == null
        ? new TrimPlan(null, false, "No rows are too old.")
        : new TrimPlan(groups, !trims.isEmpty(), null);
  }

  @Override
  public ForgetStep forget(ExpireRun input) {
    calls.add("forget");
    forgetting.run();
    return new ForgetStep(100, input.progress().forgotten() + 100 >= 100L * slices);
  }

  @Override
  public ExpireResult record(ExpireEnding input) {
    calls.add("record " + input.outcome());
    return new ExpireResult(
        input.run().runId(), input.outcome(), input.reason(), input.run().progress(), 12);
  }
}
