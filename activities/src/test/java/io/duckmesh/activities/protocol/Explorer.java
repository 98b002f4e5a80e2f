package io.duckmesh.activities.protocol;

import io.duckmesh.activities.protocol.Answer.Thrown;
import io.duckmesh.activities.protocol.Answer.Trouble;
import io.duckmesh.activities.protocol.Case.Event;
import io.duckmesh.activities.protocol.Case.Fault;
import io.duckmesh.activities.protocol.Case.Request;
import io.duckmesh.activities.protocol.Checks.Violation;
import io.duckmesh.activities.protocol.StepCode.Attempt;
import io.duckmesh.activities.protocol.StepCode.Call;
import io.duckmesh.activities.protocol.StepCode.Next;
import io.duckmesh.activities.protocol.StepCode.Standing;
import io.duckmesh.activities.protocol.StepCode.Step;
import io.duckmesh.activities.protocol.World.Names;
import io.duckmesh.activities.protocol.World.View;
import io.duckmesh.workflows.materialize.ClaimResult;
import io.duckmesh.workflows.materialize.WriteResult;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Goes through every order in which the calls of a case's clients and workers can follow each
 * other, with every fault at every place, breadth first: the first violation has a shortest
 * schedule.
 *
 * <p>A state is what log, catalog and store hold, where each client and attempt stands, and what
 * may still go wrong. Histories that lead to the same state have the same future and are followed
 * once; how many they are is counted. States that differ only in which of two equal workers is
 * which are the same. Calls that touch nothing but the caller's own write, objects included, happen
 * together with the call before them: nobody else can tell.
 */
final class Explorer {
  /** Calls whose order with those of others nobody can see. */
  private static final Set<String> OWN =
      Set.of(
          "Tables.find",
          "Writes.registerPending",
          "Writes.recordKeys",
          "Writes.prepare",
          "ObjectWriter.publish");

  private final Case small;
  private final Set<Flaw> flaws;
  private final StepCode code;
  private final Checks checks;
  private final boolean receiptFirst;
  private final boolean merging;
  private final int limit;

  /**
   * @param receiptFirst whether gateways record a receipt before they publish, as they must not
   * @param merging whether histories that lead to the same state are followed once
   * @param limit states after which the exploration is given up as too large
   */
  Explorer(
      Case small,
      Set<Flaw> flaws,
      StepCode code,
      boolean receiptFirst,
      boolean merging,
      int limit) {
    this.small = small;
    this.flaws = flaws;
    this.code = code;
    this.checks = new Checks(small);
    this.receiptFirst = receiptFirst;
    this.merging = merging;
    this.limit = limit;
  }

  /**
   * What an exploration came to.
   *
   * @param histories how many different complete histories there are
   * @param ends how many different states they end in
   */
  record Explored(
      int states,
      int transitions,
      BigInteger histories,
      int ends,
      int longest,
      Optional<Found> found) {}

  /** A violation and a shortest schedule that leads to it. */
  record Found(Violation violation, List<String> schedule) {
    @Override
    public String toString() {
      StringBuilder text = new StringBuilder();
      text.append(
          "%s (%s): %s%n"
              .formatted(violation.invariant(), violation.invariant().words(), violation.what()));
      for (int i = 0; i < schedule.size(); i++) {
        text.append("%4d  %s%n".formatted(i + 1, schedule.get(i)));
      }
      return text.toString();
    }
  }

  private enum Stage {
    CLAIM_KEY,
    TAKE_POSITIONS,
    PUBLISH,
    COMPLETE
  }

  private record Held(String receipt, int request) {}

  /** A client with the gateway that serves it. */
  private record Writer(int number, int request, Stage stage, String receipt, List<Held> held) {}

  /** A worker with the attempt at hand; an outlived one is that of a step tried again elsewhere. */
  private record Worker(
      int number,
      int shard,
      Standing standing,
      String consumer,
      long claim,
      List<Long> writes,
      boolean outlived) {
    Call call() {
      return ((Next.Calls) standing.next).call();
    }

    Step step() {
      return standing.attempt.step();
    }

    long writeAtHand() {
      return step() == Step.COMMIT ? writes.get(Math.toIntExact(standing.attempt.write() - 1)) : 0;
    }
  }

  private record State(List<Writer> writers, List<Worker> workers, int faults, int expiries) {}

  private record Digest(long high, long low) {}

  /** A state with the way to it. */
  private static final class Node {
    final @Nullable Node parent;
    final String label;
    final List<World.Effect> effects;
    final State state;
    final View view;
    final Digest digest;
    final int depth;
    int index;

    Node(
        @Nullable Node parent,
        String label,
        List<World.Effect> effects,
        State state,
        View view,
        Digest digest) {
      this.parent = parent;
      this.label = label;
      this.effects = effects;
      this.state = state;
      this.view = view;
      this.digest = digest;
      this.depth = parent == null ? 0 : parent.depth + 1;
    }
  }

  /** What follows from a state: other states, and what is broken in them. */
  private record Following(Node node, List<Node> children, @Nullable Found found, boolean end) {}

  Explored explore() {
    World world = new World(small, flaws);
    View view = world.view();
    State start = start();
    Node root = new Node(null, "", List.of(), start, view, digest(start, view, world));
    Map<Digest, Integer> known = new HashMap<>();
    known.put(root.digest, 0);
    Edges edges = new Edges();
    List<Node> frontier = List.of(root);
    int states = 1;
    int longest = 0;
    while (!frontier.isEmpty()) {
      List<Following> all = frontier.parallelStream().map(this::follow).toList();
      List<Node> next = new ArrayList<>();
      for (Following following : all) {
        if (following.found() != null) {
          return new Explored(
              states, edges.count(), BigInteger.ZERO, 0, longest, Optional.of(following.found()));
        }
        if (following.end()) {
          edges.end(following.node().index);
          longest = Math.max(longest, following.node().depth);
        }
        for (Node child : following.children()) {
          Integer index = merging ? known.get(child.digest) : null;
          if (index == null) {
            index = states++;
            child.index = index;
            next.add(child);
            if (merging) {
              known.put(child.digest, index);
            }
          }
          edges.add(following.node().index, index);
        }
      }
      if (states > limit) {
        throw new AssertionError("Case %s has more than %,d states".formatted(small.name(), limit));
      }
      frontier = next;
    }
    return new Explored(
        states, edges.count(), edges.histories(states), edges.ends(), longest, Optional.empty());
  }

  private State start() {
    List<Writer> writers = new ArrayList<>();
    for (int number = 0; number < small.writers().size(); number++) {
      writers.add(begin(new Writer(number, 0, Stage.PUBLISH, "", List.of())));
    }
    List<Worker> workers = new ArrayList<>();
    for (int number = 0; number < small.workers().size(); number++) {
      int shard = small.workers().get(number);
      Standing standing = code.begin(Attempt.claim(World.shard(shard).value()));
      workers.add(new Worker(number, shard, standing, consumer(number, 0), 0, List.of(), false));
    }
    return new State(writers, workers, small.faults(), small.expiries());
  }

  private static String consumer(int worker, int depth) {
    return "worker-" + worker + "-" + depth;
  }

  // What can follow.

  private Following follow(Node node) {
    Actions actions = new Actions(node);
    for (Writer writer : node.state.writers()) {
      if (writer.request() < small.writers().get(writer.number()).size()) {
        write(actions, writer);
      }
    }
    List<String> seen = new ArrayList<>();
    for (Worker worker : node.state.workers()) {
      String description = worker.shard() + describe(worker, node.view, null);
      if (!seen.contains(description)) {
        seen.add(description);
        work(actions, worker);
      }
    }
    boolean leased = node.view.shards().stream().anyMatch(shard -> shard.liveClaim() > 0);
    if (leased && (node.state.expiries() > 0 || !actions.moved)) {
      int left = Math.max(0, node.state.expiries() - 1);
      actions.act(
          "time passes, and leases end",
          world -> {
            world.endLeases();
            return new State(node.state.writers(), node.state.workers(), node.state.faults(), left);
          });
      actions.moved = true;
    }
    if (!actions.moved && actions.found == null) {
      World world = rebuild(node);
      Optional<Violation> violation =
          checks.checkEnd(node.view, world, receipts(node.state.writers()));
      violation.ifPresent(broken -> actions.found(broken, null));
    }
    return new Following(node, actions.children, actions.found, !actions.moved);
  }

  private void write(Actions actions, Writer writer) {
    Request request = small.writers().get(writer.number()).get(writer.request());
    String who = "client %d, request %s: ".formatted(writer.number() + 1, request.name());
    switch (writer.stage()) {
      case CLAIM_KEY ->
          actions.act(
              who + "gateway claims key " + request.key(),
              world -> {
                Optional<String> receipt = world.claimRequestKey(request);
                return actions.with(
                    receipt.isPresent()
                        ? answered(writer, receipt.get())
                        : at(writer, receiptFirst ? Stage.COMPLETE : publishing(), ""));
              });
      case TAKE_POSITIONS ->
          actions.act(
              who + "positions are drawn",
              world -> {
                world.takePositions(writer.number(), request);
                return actions.with(at(writer, Stage.PUBLISH, ""));
              });
      case PUBLISH -> {
        actions.act(
            who + "published",
            world -> {
              String receipt = world.publish(writer.number(), request);
              return actions.with(
                  request.key() == null || receiptFirst
                      ? answered(writer, receipt)
                      : at(writer, Stage.COMPLETE, receipt));
            });
        actions.fault(
            Fault.LOST_ANSWER,
            who + "published, and the answer is lost",
            world -> {
              world.publish(writer.number(), request);
              return actions.with(request.repeatable() ? begin(writer) : skipped(writer));
            });
      }
      case COMPLETE -> {
        actions.act(
            who + "receipt is recorded",
            world -> {
              String receipt = world.completeRequestKey(request, writer.receipt());
              return actions.with(
                  receiptFirst ? at(writer, publishing(), "") : answered(writer, receipt));
            });
        actions.fault(
            Fault.LOST_ANSWER,
            who + "receipt is recorded, and the answer is lost",
            world -> {
              world.completeRequestKey(request, writer.receipt());
              return actions.with(begin(writer));
            });
      }
    }
  }

  private Stage publishing() {
    return flaws.contains(Flaw.POSITIONS_FROM_A_SEQUENCE) ? Stage.TAKE_POSITIONS : Stage.PUBLISH;
  }

  private static Writer at(Writer writer, Stage stage, String receipt) {
    return new Writer(writer.number(), writer.request(), stage, receipt, writer.held());
  }

  /** The request from its beginning. */
  private Writer begin(Writer writer) {
    List<Request> requests = small.writers().get(writer.number());
    boolean keyed =
        writer.request() < requests.size() && requests.get(writer.request()).key() != null;
    return at(writer, keyed ? Stage.CLAIM_KEY : publishing(), "");
  }

  private Writer answered(Writer writer, String receipt) {
    List<Held> held = new ArrayList<>(writer.held());
    held.add(new Held(receipt, writer.request()));
    return skipped(
        new Writer(writer.number(), writer.request(), writer.stage(), "", List.copyOf(held)));
  }

  private Writer skipped(Writer writer) {
    return begin(
        new Writer(writer.number(), writer.request() + 1, writer.stage(), "", writer.held()));
  }

  private void work(Actions actions, Worker worker) {
    Call call = worker.call();
    String who =
        "worker %d%s, %s: "
            .formatted(
                worker.number() + 1,
                worker.outlived() ? " (attempt given up)" : "",
                worker.step().name().toLowerCase(java.util.Locale.ROOT));
    String what = call.name().substring(call.name().indexOf('.') + 1);
    actions.act(who + what, world -> actions.step(world, worker, true, null));
    if (LOSABLE.containsKey(call.name())) {
      actions.fault(
          Fault.LOST_ANSWER,
          who + what + ", and the answer is lost",
          world -> actions.step(world, worker, true, LOSABLE.get(call.name())));
    }
    if (REFUSABLE.containsKey(call.name())) {
      actions.fault(
          Fault.REFUSED,
          who + what + " fails",
          world -> actions.step(world, worker, false, REFUSABLE.get(call.name())));
    }
    if (!worker.outlived() && worker.step() == Step.WRITE) {
      // Within what is otherwise done together with the call.
      for (int more = 1; actions.dies(worker, who + what, more); more++) {}
    }
    boolean holds = worker.step() != Step.CLAIM || worker.claim() > 0;
    if (worker.outlived() || !holds) {
      return;
    }
    if (!worker.standing().answers.isEmpty()) {
      actions.fault(
          Fault.CRASH, who + "killed before " + what, world -> actions.again(worker, false));
    }
    actions.fault(
        Fault.RESTART,
        who + "killed with its run before " + what,
        world -> actions.restart(worker));
    boolean another = actions.node.state.workers().stream().anyMatch(Worker::outlived);
    if (!another && worker.step() != Step.CLAIM) {
      actions.fault(
          Fault.TIMEOUT,
          who + "stands still before " + what + ", the step is tried again",
          world -> actions.again(worker, true));
    }
  }

  private static final Map<String, Trouble> LOSABLE =
      Map.of(
          "EventBus.claimBatch", Trouble.BUS_STATE_UNKNOWN,
          "EventBus.ack", Trouble.BUS_STATE_UNKNOWN,
          "Writes.commit", Trouble.COMMIT_STATE_UNKNOWN);

  private static final Map<String, Trouble> REFUSABLE =
      Map.of(
          "EventBus.ack", Trouble.BUS_UNAVAILABLE,
          "Writes.begin", Trouble.CATALOG_UNAVAILABLE,
          "Writes.commit", Trouble.CATALOG_UNAVAILABLE);

  /** An action: null if it can not happen now. */
  private interface Action {
    @Nullable State on(World world);
  }

  /** A step came to something that it must not come to. */
  private static final class StepBroken extends RuntimeException {
    private static final long serialVersionUID = 1L;

    StepBroken(String what) {
      super(what);
    }
  }

  private final class Actions {
    private final Node node;
    private final List<Node> children = new ArrayList<>();
    private boolean moved;
    private @Nullable World clean;
    private @Nullable Found found;

    Actions(Node node) {
      this.node = node;
    }

    void act(String label, Action action) {
      if (follow(label, action)) {
        moved = true;
      }
    }

    void fault(Fault fault, String label, Action action) {
      if (node.state.faults() > 0 && small.kinds().contains(fault)) {
        follow(
            label + " [" + fault + "]",
            world -> {
              State state = action.on(world);
              return state == null
                  ? null
                  : new State(
                      state.writers(), state.workers(), state.faults() - 1, state.expiries());
            });
      }
    }

    private boolean follow(String label, Action action) {
      World world = clean == null ? rebuild(node) : clean;
      clean = null;
      State state;
      try {
        state = action.on(world);
      } catch (StepBroken e) {
        found(new Violation(Invariant.STEPS_DO_NOT_BREAK, e.getMessage()), label);
        return true;
      }
      boolean changed = !world.effects().isEmpty();
      if (!changed) {
        // What did nothing to the world leaves it to the next action.
        clean = world;
      }
      if (state == null) {
        return false;
      }
      View view = changed ? world.view() : node.view;
      if (changed) {
        checks
            .check(node.view, view, world, receipts(state.writers()))
            .ifPresent(violation -> found(violation, label));
      }
      children.add(new Node(node, label, world.effects(), state, view, digest(state, view, world)));
      return true;
    }

    void found(Violation violation, @Nullable String label) {
      if (found == null) {
        List<String> schedule = new ArrayList<>();
        if (label != null) {
          schedule.add(label);
        }
        for (Node at = node; at.parent != null; at = at.parent) {
          schedule.add(at.label);
        }
        Collections.reverse(schedule);
        found = new Found(violation, schedule);
      }
    }

    State with(Writer changed) {
      List<Writer> writers = new ArrayList<>(node.state.writers());
      writers.set(changed.number(), changed);
      return new State(
          List.copyOf(writers), node.state.workers(), node.state.faults(), node.state.expiries());
    }

    private State with(Worker before, @Nullable Worker after, @Nullable Worker added) {
      List<Worker> workers = new ArrayList<>();
      for (Worker worker : node.state.workers()) {
        if (worker != before) {
          workers.add(worker);
        } else if (after != null) {
          workers.add(after);
        }
      }
      if (added != null) {
        workers.add(added);
      }
      return new State(
          node.state.writers(), List.copyOf(workers), node.state.faults(), node.state.expiries());
    }

    /**
     * Makes the worker's next call, and what belongs to it.
     *
     * @param takesEffect whether the call does what it says
     * @param trouble what the worker is told instead of the answer, null for the answer
     */
    @Nullable State step(
        World world, Worker worker, boolean takesEffect, @Nullable Trouble trouble) {
      Names names = names(worker);
      Answer answer = takesEffect ? world.perform(worker.call(), names) : Answer.DONE;
      if (answer instanceof Answer.Blocked) {
        return null;
      }
      if (trouble != null) {
        names.claim = worker.claim();
        answer = new Thrown(trouble);
      }
      return goOn(world, worker, worker.standing().answered(answer), names);
    }

    /** Dies when so many of the calls that follow this one by themselves are done. */
    boolean dies(Worker worker, String label, int more) {
      Standing[] last = {worker.standing()};
      boolean[] possible = {false};
      fault(
          Fault.CRASH,
          label + ", killed " + more + " calls later",
          world -> {
            Names names = names(worker);
            Answer answer = world.perform(worker.call(), names);
            Standing standing = last[0].answered(answer);
            for (int i = 0; i < more; i++) {
              if (!(standing.next instanceof Next.Calls calls)
                  || !OWN.contains(calls.call().name())) {
                return null;
              }
              standing = standing.answered(world.perform(calls.call(), names));
            }
            possible[0] = true;
            return again(worker, false);
          });
      return possible[0];
    }

    /** The step from its beginning, at another worker; the first attempt may live on. */
    State again(Worker worker, boolean livesOn) {
      Attempt attempt = worker.standing().attempt.next();
      Worker next = begin(worker, attempt, worker.claim(), worker.writes());
      return with(worker, next, livesOn ? outlived(worker) : null);
    }

    State restart(Worker worker) {
      return with(
          worker,
          begin(worker, Attempt.claim(worker.standing().attempt.shard()), 0, List.of()),
          null);
    }

    private Worker outlived(Worker worker) {
      return new Worker(
          worker.number(),
          worker.shard(),
          worker.standing(),
          worker.consumer(),
          worker.claim(),
          worker.writes(),
          true);
    }

    private Worker begin(Worker worker, Attempt attempt, long claim, List<Long> writes) {
      return new Worker(
          worker.number(),
          worker.shard(),
          code.begin(attempt),
          consumer(worker.number(), node.depth + 1),
          attempt.step() == Step.CLAIM ? 0 : claim,
          attempt.step() == Step.COMMIT ? writes : List.of(),
          worker.outlived());
    }

    private Names names(Worker worker) {
      return new Names(worker.number(), worker.consumer(), worker.claim(), worker.writes());
    }

    /** Until the next call whose place among the calls of others matters. */
    private State goOn(World world, Worker worker, Standing from, Names names) {
      Standing standing = from;
      while (true) {
        switch (standing.next) {
          case Next.Calls calls -> {
            Call call = calls.call();
            if (!OWN.contains(call.name())) {
              return with(
                  worker,
                  new Worker(
                      worker.number(),
                      worker.shard(),
                      standing,
                      worker.consumer(),
                      names.claim,
                      List.copyOf(names.writes),
                      worker.outlived()),
                  null);
            }
            standing = standing.answered(world.perform(call, names));
          }
          case Next.Returns returned -> {
            return worker.outlived()
                ? with(worker, null, null)
                : with(worker, next(worker, standing.attempt, returned.result(), names), null);
          }
          case Next.Fails fails -> {
            if (!fails.retried() || fails.type().equals("INTERNAL")) {
              throw new StepBroken(fails.message());
            }
            return worker.outlived()
                ? with(worker, null, null)
                : with(
                    worker,
                    begin(worker, standing.attempt.next(), names.claim, names.writes),
                    null);
          }
        }
      }
    }

    /** What the workflow decides on a step's result. */
    private Worker next(Worker worker, Attempt attempt, Object result, Names names) {
      Attempt next =
          switch (result) {
            case ClaimResult claimed -> Attempt.write(claimed.batch());
            case WriteResult written ->
                WriteResult.PREPARED.equals(written.outcome())
                    ? Attempt.commit(attempt.batch(), written.writeId(), written.quarantined())
                    : Attempt.claim(attempt.shard());
            default -> Attempt.claim(attempt.shard());
          };
      return begin(worker, next, names.claim, names.writes);
    }
  }

  private World rebuild(Node node) {
    ArrayDeque<List<World.Effect>> effects = new ArrayDeque<>();
    for (Node at = node; at != null; at = at.parent) {
      effects.push(at.effects);
    }
    World world = new World(small, flaws);
    effects.forEach(world::replay);
    return world;
  }

  private Map<String, List<Event>> receipts(List<Writer> writers) {
    Map<String, List<Event>> receipts = new LinkedHashMap<>();
    for (Writer writer : writers) {
      for (Held held : writer.held()) {
        receipts.put(
            held.receipt(),
            small.writers().get(writer.number()).get(held.request()).parts().stream()
                .filter(part -> !part.corrupt())
                .flatMap(part -> part.events().stream())
                .toList());
      }
    }
    return receipts;
  }

  // Which states are the same.

  private Digest digest(State state, View view, World world) {
    StringBuilder text = new StringBuilder();
    text.append(state.faults()).append(' ').append(state.expiries());
    world.describe(view, text);
    for (Writer writer : state.writers()) {
      text.append('W')
          .append(writer.request())
          .append(writer.stage())
          .append(writer.receipt())
          .append(writer.held());
    }
    List<Worker> workers = state.workers();
    text.append(
        workers.stream()
            .map(
                worker ->
                    worker.shard()
                        + describe(worker, view, world)
                        + (shares(worker, workers) ? "S" : ""))
            .sorted()
            .collect(Collectors.joining(" ")));
    for (int shard = 0; shard < view.shards().size(); shard++) {
      long live = view.shards().get(shard).liveClaim();
      if (live > 0 && workers.stream().noneMatch(worker -> worker.claim() == live)) {
        // Held by an attempt that is gone.
        text.append('G').append(shard);
      }
    }
    return digest(text.toString());
  }

  private static String describe(Worker worker, View view, @Nullable World world) {
    long live = view.shards().get(worker.shard()).liveClaim();
    StringBuilder text = new StringBuilder();
    text.append(worker.outlived() ? 'Z' : 'w')
        .append(worker.standing().id)
        .append(live > 0 && live == worker.claim() ? 'L' : '-');
    for (long write : worker.writes()) {
      text.append(world == null ? "," + write : world.stateOf(write));
    }
    return text.toString();
  }

  /** Whether another attempt is about to commit the same write. */
  private static boolean shares(Worker worker, List<Worker> workers) {
    return worker.step() == Step.COMMIT
        && workers.stream()
            .anyMatch(other -> other != worker && other.writeAtHand() == worker.writeAtHand());
  }

  private static Digest digest(String text) {
    try {
      ByteBuffer hash =
          ByteBuffer.wrap(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
      return new Digest(hash.getLong(), hash.getLong());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256", e);
    }
  }
}
