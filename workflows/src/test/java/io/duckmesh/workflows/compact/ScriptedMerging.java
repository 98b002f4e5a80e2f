package io.duckmesh.workflows.compact;

import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.stream.LongStream;

/** Steps that have a number of plans to carry out, and then none. */
public final class ScriptedMerging implements CompactActivities {
  public final List<String> calls = new CopyOnWriteArrayList<>();
  public final List<CompactStep> plansAsked = new CopyOnWriteArrayList<>();
  public final Deque<List<PlannedGroup>> plans = new ConcurrentLinkedDeque<>();
  public volatile Function<GroupInput, RewriteResult> rewrite = ScriptedMerging::rewritten;
  public volatile Function<GroupInput, PublishResult> publish = ScriptedMerging::published;
  public volatile Runnable planning = () -> {};
  public volatile String nothingBecause = "Nothing is left to merge.";

  @Override
  public CompactPlan plan(CompactStep input) {
    calls.add("plan");
    plansAsked.add(input);
    planning.run();
    List<PlannedGroup> groups = plans.poll();
    return groups == null
        ? new CompactPlan(null, 3, nothingBecause)
        : new CompactPlan(groups, 40, null);
  }

  @Override
  public RewriteResult rewrite(GroupInput input) {
    calls.add("rewrite " + input.rewriteId());
    return rewrite.apply(input);
  }

  @Override
  public PublishResult publish(GroupInput input) {
    calls.add("publish " + input.rewriteId());
    return publish.apply(input);
  }

  @Override
  public CompactResult record(CompactEnding input) {
    calls.add("record " + input.outcome());
    return new CompactResult(
        input.run().runId(), input.outcome(), input.reason(), input.run().progress(), null, 12);
  }

  /** Rewrites with those ids, of ten files and a thousand rows each. */
  public static List<PlannedGroup> groups(long... ids) {
    return LongStream.of(ids).mapToObj(id -> new PlannedGroup(id, 10, 1_000, 50_000)).toList();
  }

  /** What becomes of a group. */
  public static RewriteResult rewritten(GroupInput input) {
    return new RewriteResult(input.rewriteId(), false, 1, 1_000, 20_000, 7, null);
  }

  /** What becomes of a group. */
  public static PublishResult published(GroupInput input) {
    return new PublishResult(true, 100 + input.rewriteId(), 10, 1_000, 1, 1_000, null);
  }

  /** The calls so far, those at the same time in order of their names. */
  public List<String> sorted() {
    List<String> all = new ArrayList<>(calls);
    all.sort(null);
    return all;
  }
}
