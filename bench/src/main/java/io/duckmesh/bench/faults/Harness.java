package io.duckmesh.bench.faults;

import io.duckmesh.bench.faults.Writers.Going;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** One run: start, load and faults side by side, mend, wait, check, report. */
final class Harness {
  /** Writers of each table. */
  static final int WRITERS = 2;

  private static final int READERS = 2;
  private static final Duration END_OF_LOAD = Duration.ofMinutes(3);

  private final RunOptions options;
  private final PrintStream out;

  Harness(RunOptions options, PrintStream out) {
    this.options = options;
    this.out = out;
  }

  /** Runs to the end; the folder of the run is left for whoever wants to look. */
  Report run() throws IOException, InterruptedException {
    Files.createDirectories(options.folder());
    out.printf("%s, in %s%n", options.command(), options.folder());
    try (History history = new History(options.folder().resolve("history.jsonl"));
        Cluster cluster = Cluster.start(product(), options.folder())) {
      out.printf("everything is up after %d s%n", history.now() / 1_000_000);
      Client client = new Client(cluster.urls(), cluster.key());
      Tables.create(client);
      breakThings(cluster, client, history);
      mendAndSettle(cluster, client, history);
      new FinalChecks(client, history, new Random(options.seed())).run();
      new HistoryChecks(history).run();
      return new Report(options, history);
    }
  }

  private Product product() throws IOException {
    Mutant mutant = options.mutant();
    String before =
        mutant == null ? "" : mutant.compile(options.project(), options.folder()).toString();
    return new Product(options.project(), before);
  }

  private void breakThings(Cluster cluster, Client client, History history)
      throws InterruptedException {
    AtomicBoolean over = new AtomicBoolean();
    Going going = Going.until(over::get);
    List<Thread> load = startLoad(client, history, going);
    List<Thread> faults = startFaults(cluster, client, history);
    for (Thread thread : faults) {
      while (!thread.join(Duration.ofSeconds(1))) {
        noProcessEndedByItself(cluster, history);
      }
    }
    over.set(true);
    out.printf("%d faults were injected%n", history.faults().size());
    cluster.mendLinks();
    cluster.nodes().forEach(Node::awaitReady);
    endLoad(load, history);
  }

  private List<Thread> startFaults(Cluster cluster, Client client, History history) {
    Scenario scenario = options.scenario();
    if (scenario != null) {
      Stage stage = new Stage(cluster, client, history, out);
      return List.of(start("scenario", () -> scenario.run(stage)));
    }
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(options.seconds());
    List<Thread> lanes = new ArrayList<>();
    for (FaultKind.Lane lane : FaultKind.Lane.values()) {
      Injector injector = new Injector(cluster);
      FaultLane faults =
          new FaultLane(lane, options.kinds(), injector, history, options.seed(), end);
      lanes.add(start("faults-" + lane, faults));
    }
    return lanes;
  }

  private static void endLoad(List<Thread> load, History history) throws InterruptedException {
    long patience = System.nanoTime() + END_OF_LOAD.toNanos();
    for (Thread thread : load) {
      if (!thread.join(Duration.ofNanos(Math.max(1, patience - System.nanoTime())))) {
        history.violation("STUCK", thread.getName() + " has no answer after everything was mended");
        thread.interrupt();
      }
    }
  }

  private List<Thread> startLoad(Client client, History history, Going going) {
    List<Thread> load = new ArrayList<>();
    for (int i = 0; i < WRITERS; i++) {
      load.add(start("ordered-" + i, Writers.ordered(i, client, history, random(1, i), going)));
      load.add(start("keyed-" + i, Writers.keyed(i, client, history, random(2, i), going)));
      load.add(start("bare-" + i, Writers.bare(i, client, history, random(3, i), going)));
    }
    for (int i = 0; i < READERS; i++) {
      load.add(start("reader-" + i, new Reader(client, history, random(4, i), going)));
    }
    return load;
  }

  private static Thread start(String name, Runnable body) {
    return Thread.ofPlatform().name(name).start(body);
  }

  private Random random(int role, int index) {
    return new Random((options.seed() * 31 + role) * 31 + index);
  }

  private static void noProcessEndedByItself(Cluster cluster, History history) {
    for (Node node : cluster.nodes()) {
      if (node.endedByItself()) {
        history.violation("PROCESS_ENDED", node.name() + " ended although nobody ended it");
        node.kill();
      }
    }
  }

  private void mendAndSettle(Cluster cluster, Client client, History history) {
    noProcessEndedByItself(cluster, history);
    String stuck = new Quiescence(client, out).await();
    if (!stuck.isEmpty()) {
      history.violation("STUCK", stuck);
    }
    out.printf("settled after %d s%n", history.now() / 1_000_000);
  }
}
