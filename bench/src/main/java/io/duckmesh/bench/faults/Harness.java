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
    out.printf("seed %d, %d s, %s%n", options.seed(), options.seconds(), options.folder());
    try (History history = new History(options.folder().resolve("history.jsonl"));
        Cluster cluster =
            Cluster.start(new Product(options.project(), options.mutant()), options.folder())) {
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

  private void breakThings(Cluster cluster, Client client, History history)
      throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(options.seconds());
    Going going = Going.until(() -> System.nanoTime() > end);
    List<Thread> lanes = new ArrayList<>();
    for (FaultKind.Lane lane : FaultKind.Lane.values()) {
      FaultLane faults =
          new FaultLane(lane, options.kinds(), new Injector(cluster), history, options.seed(), end);
      lanes.add(Thread.ofPlatform().name("faults-" + lane).start(faults));
    }
    List<Thread> load = startLoad(client, history, going);
    while (going.on()) {
      noProcessEndedByItself(cluster, history);
      Pause.millis(1_000);
    }
    for (Thread lane : lanes) {
      lane.join();
    }
    out.printf("the time is over after %d faults%n", history.faults().size());
    cluster.mendLinks();
    cluster.nodes().forEach(Node::awaitReady);
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
