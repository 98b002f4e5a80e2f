package io.duckmesh.bench.faults;

import io.duckmesh.bench.faults.Writers.Going;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.sql.SQLException;
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
        Cluster cluster = Cluster.start(product(), options.folder(), options.upkeep())) {
      out.printf("everything is up after %d s%n", history.now() / 1_000_000);
      Client client = new Client(cluster.urls(), cluster.key());
      Tables.create(client, options.upkeep());
      AtomicBoolean over = new AtomicBoolean();
      Going going = Going.until(over::get);
      Books books = cluster.books();
      UpkeepLoad upkeep =
          new UpkeepLoad(client, history, books, role -> random(5, role), going, out);
      breakThings(cluster, client, history, upkeep, going, over);
      mendAndSettle(cluster, client, history);
      new FinalChecks(client, history, new Random(options.seed()), table -> changed(books, table))
          .run();
      new HistoryChecks(history).run();
      if (options.upkeep()) {
        checkUpkeep(upkeep, history);
      }
      return new Report(options, history);
    }
  }

  private static long changed(Books books, String table) {
    try {
      return books.rowsChanged(table);
    } catch (SQLException e) {
      throw new IllegalStateException("The catalog is away although all is mended", e);
    }
  }

  /** What lasts some minutes is left out where something is wrong already. */
  private void checkUpkeep(UpkeepLoad upkeep, History history) throws IOException {
    upkeep.check();
    if (history.violations().isEmpty()) {
      try {
        upkeep.settle();
      } catch (SQLException e) {
        throw new IllegalStateException("The catalog is away although all is mended", e);
      }
    }
  }

  private Product product() throws IOException {
    List<Patch> patches = new ArrayList<>();
    Mutant mutant = options.mutant();
    if (mutant != null) {
      patches.addAll(mutant.patches());
    }
    if (options.upkeep()) {
      patches.addAll(Haste.PATCHES);
    }
    String before =
        patches.isEmpty()
            ? ""
            : Patch.compile(patches, options.project(), options.folder()).toString();
    return new Product(options.project(), before);
  }

  private void breakThings(
      Cluster cluster,
      Client client,
      History history,
      UpkeepLoad upkeep,
      Going going,
      AtomicBoolean over)
      throws InterruptedException {
    List<Thread> load = startLoad(client, history, going);
    if (options.upkeep()) {
      upkeep.parts().forEach((name, part) -> load.add(start(name, part)));
    }
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
    List<String> read = new ArrayList<>(List.of(Tables.ORDERED, Tables.KEYED, Tables.BARE));
    if (options.upkeep()) {
      read.add(Tables.TURNED);
    }
    for (int i = 0; i < READERS; i++) {
      load.add(start("reader-" + i, new Reader(read, client, history, random(4, i), going)));
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
