package io.duckmesh.workflows.collect;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** Steps that mark two objects of each tenant in two slices, and sweep in a number of them. */
public final class ScriptedCollection implements CollectActivities {
  public final List<String> calls = new CopyOnWriteArrayList<>();
  public volatile List<String> tenants = List.of("b", "a");
  public volatile int sweeps = 2;
  public volatile Consumer<String> marking = tenant -> {};
  public volatile Runnable planning = () -> {};
  public volatile Runnable sweeping = () -> {};
  public volatile long failed;

  @Override
  public CollectPlan plan(CollectRun input) {
    calls.add("plan");
    planning.run();
    return new CollectPlan(tenants);
  }

  @Override
  public MarkResult mark(MarkInput input) {
    String after = input.after() == null ? "" : " after " + input.after();
    calls.add("mark " + input.tenant() + after);
    marking.accept(input.tenant());
    return input.after() == null
        ? new MarkResult(1, 10, false, "object 1")
        : new MarkResult(1, 10, true, "object 2");
  }

  @Override
  public SweepResult sweep(SweepInput input) {
    calls.add("sweep");
    sweeping.run();
    long done = input.progress().deleted() + 1;
    return new SweepResult(
        1, 10, failed, failed == 0 ? null : "Access denied", done >= sweeps, "object " + done);
  }

  @Override
  public CollectResult record(CollectEnding input) {
    calls.add("record " + input.outcome());
    return new CollectResult(
        input.run().runId(), input.outcome(), input.reason(), input.run().progress(), 12);
  }
}
