package io.duckmesh.bench.faults;

import io.duckmesh.bench.faults.Cluster.Server;
import io.duckmesh.bench.faults.History.Ending;
import io.duckmesh.bench.faults.History.Fault;
import io.duckmesh.bench.faults.History.Write;
import java.io.PrintStream;
import java.util.List;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;

/** What a {@link Scenario} can do. */
final class Stage {
  private static final long VISIBLE_WITHIN_SECONDS = 30;

  private final Cluster cluster;
  private final Client client;
  private final History history;
  private final PrintStream out;

  Stage(Cluster cluster, Client client, History history, PrintStream out) {
    this.cluster = cluster;
    this.client = client;
    this.history = history;
    this.out = out;
  }

  void inject(FaultKind kind, long millis) {
    long began = history.now();
    boolean injected = new Injector(cluster).inject(kind, 0, millis);
    history.add(new Fault(kind, 0, millis, began, history.now(), injected));
    out.printf("%s for %d ms%n", kind, millis);
  }

  /** Also checks that no write was refused and that there were some all the time. */
  void injectWhileWritesGoOn(FaultKind kind, long millis) {
    long began = history.now();
    inject(kind, millis);
    long ended = history.now();
    List<Write> during =
        history.writes().stream()
            .filter(write -> write.began() >= began && write.ended() <= ended)
            .toList();
    List<Write> refused = during.stream().filter(write -> write.ending() != Ending.DONE).toList();
    out.printf("%d writes meanwhile, %d of them not done%n", during.size(), refused.size());
    if (during.isEmpty() || !refused.isEmpty()) {
      history.violation(
          "WRITES_STOPPED",
          "%d of %d writes during %s were not done: %s"
              .formatted(
                  refused.size(), during.size(), kind, refused.stream().findFirst().orElse(null)));
    }
  }

  /**
   * Kills a materializer while it has batches, does not start it again, and checks that what was
   * acknowledged until then is visible in time.
   */
  void dieInBatch(int index) {
    Node node = cluster.materializers().get(index);
    TcpProxy link = cluster.link(node, Server.S3);
    // Batches whose files do not get to the store are surely in the middle when it dies.
    link.interfere(Interference.STALL);
    Pause.millis(3_000);
    long began = history.now();
    node.kill();
    link.interfere(Interference.NONE);
    JsonNode acknowledged = lag();
    long visible = awaitVisible(acknowledged);
    history.add(new Fault(FaultKind.KILL_MATERIALIZER, index, 0, began, history.now(), true));
    out.printf("visible %.1f s after %s died%n", visible / 1e3, node.name());
    if (visible > TimeUnit.SECONDS.toMillis(VISIBLE_WITHIN_SECONDS)) {
      history.violation("TOO_LATE", "visible %d ms after %s died".formatted(visible, node.name()));
    }
    node.launch();
    node.awaitReady();
  }

  /**
   * Kills a compactor at a step boundary, and starts it again. Does not wait for it: the other one
   * goes on, and is killed at the next.
   *
   * @return whether one came there in time
   */
  boolean dieAt(Step step, long patienceMillis) {
    long began = history.now();
    boolean died = new Injector(cluster).killAtStep(step, patienceMillis).isPresent();
    history.add(new Fault(FaultKind.KILL_AT_STEP, step.ordinal(), 0, began, history.now(), died));
    out.printf(
        "%s: %s after %.1f s%n",
        step, died ? "killed there" : "nobody came", (history.now() - began) / 1e6);
    if (died) {
      history.count("killed at " + step);
    }
    return died;
  }

  /** Says that a step was not come to, however long that was waited for. */
  void neverReached(Step step) {
    history.violation("STEP_NOT_REACHED", "no compactor came to " + step);
  }

  /** Milliseconds until the watermarks have passed these heads; gives up after three minutes. */
  private long awaitVisible(JsonNode acknowledged) {
    long began = System.nanoTime();
    while (System.nanoTime() - began < TimeUnit.MINUTES.toNanos(3)) {
      if (covers(lag(), acknowledged)) {
        break;
      }
      Pause.millis(100);
    }
    return (System.nanoTime() - began) / 1_000_000;
  }

  private static boolean covers(JsonNode now, JsonNode acknowledged) {
    for (int i = 0; i < acknowledged.size(); i++) {
      if (now.path(i).path("watermark").asLong(-1) < acknowledged.path(i).path("head").asLong()) {
        return false;
      }
    }
    return true;
  }

  private JsonNode lag() {
    while (true) {
      Client.Answer answer = client.get(0, "/v1/lag");
      if (answer.ok()) {
        return answer.json().path("shards");
      }
      Pause.millis(100);
    }
  }
}
