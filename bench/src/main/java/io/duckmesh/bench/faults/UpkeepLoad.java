package io.duckmesh.bench.faults;

import io.duckmesh.bench.faults.History.SnapshotSeen;
import io.duckmesh.bench.faults.Writers.Going;
import java.io.IOException;
import java.io.PrintStream;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;

/**
 * Everything that keeps tables in shape, beside the load: jobs, restores, drops, pins, rows that
 * go; and what must be true of it.
 */
final class UpkeepLoad {
  private static final Duration PATIENCE = Duration.ofMinutes(6);
  private static final int SHOWN = 5;

  private final Client client;
  private final Queries queries;
  private final History history;
  private final Books books;
  private final PrintStream out;
  private final Random random;
  private final Pinner pinner;
  private final Aged aged;
  private final Jobs jobs;
  private final Map<String, Runnable> parts;
  private final Set<Long> restoredIn = new ConcurrentSkipListSet<>();

  /**
   * @param random makes the source of chance of each part, by its number
   */
  UpkeepLoad(
      Client client,
      History history,
      Books books,
      IntFunction<Random> random,
      Going going,
      PrintStream out) {
    this.client = client;
    this.queries = new Queries(client, history);
    this.history = history;
    this.books = books;
    this.out = out;
    this.random = random.apply(0);
    this.pinner = new Pinner(client, history, random.apply(1), going);
    this.aged = new Aged(client, history, random.apply(2), going);
    this.jobs = new Jobs(client, history, random.apply(3), going);
    this.parts =
        Map.of(
            "pinner",
            pinner,
            "aged",
            aged,
            "jobs",
            jobs,
            "turner",
            new Turner(client, history, random.apply(4), going),
            "turned-0",
            Writers.turned(0, client, history, random.apply(5), going),
            "turned-1",
            Writers.turned(1, client, history, random.apply(6), going),
            "books",
            () -> watch(going));
  }

  /** What is to run beside the load, by name. */
  Map<String, Runnable> parts() {
    return parts;
  }

  /** Notes restores before they are forgotten, and reads what they have made. */
  private void watch(Going going) {
    while (going.on()) {
      noteRestores();
      missing();
      Pause.millis(1_000);
    }
  }

  private void noteRestores() {
    try {
      for (long snapshot : books.restoredIn(Tables.TURNED)) {
        if (restoredIn.add(snapshot)) {
          queries.at(random.nextInt(client.gateways()), Tables.TURNED, snapshot);
        }
      }
    } catch (SQLException e) {
      // The server is away, which is what the run is for; the next look finds them.
      Pause.millis(100);
    }
  }

  /** An object that a readable snapshot has is in the bucket at every moment. */
  private void missing() {
    try {
      Set<String> published = books.published();
      Set<String> missing = new TreeSet<>(published);
      missing.removeAll(books.stored());
      if (!missing.isEmpty()) {
        // What was taken from the catalog meanwhile may be gone from the bucket.
        missing.retainAll(books.published());
      }
      for (String key : missing.stream().limit(SHOWN).toList()) {
        history.violation(
            "OBJECT_MISSING", "%s, of %d objects of snapshots".formatted(key, published.size()));
      }
    } catch (SQLException | IOException e) {
      // As above.
      Pause.millis(100);
    }
  }

  /** What must hold when everything has landed. */
  void check() throws IOException {
    noteRestores();
    for (int gateway = 0; gateway < client.gateways(); gateway++) {
      if (queries.newest(gateway, Tables.TURNED).isEmpty()) {
        history.violation("NO_ANSWER", "gateway %d does not read turned".formatted(gateway));
      }
    }
    new TurnedChecks(client, history, random).run(restoredIn);
    nothingExpiredTooEarly();
    tell();
  }

  private void nothingExpiredTooEarly() {
    Map<Long, Instant> committed = new HashMap<>();
    for (SnapshotSeen seen : history.snapshots()) {
      committed.put(seen.snapshot(), Instant.parse(seen.committedAt()));
    }
    for (History.Expired expired : history.expired()) {
      Duration keep =
          expired.table().equals(Tables.TURNED) ? Tables.KEEP_TURNED : Tables.KEEP_SNAPSHOTS;
      Instant at = committed.get(expired.snapshot());
      if (at != null && expired.at().isBefore(at.plus(keep))) {
        history.violation(
            "EXPIRED_TOO_EARLY", "%s, committed at %s, kept for %s".formatted(expired, at, keep));
      }
    }
  }

  private void tell() {
    try {
      out.printf(
          "rewrites: %d merges and %d trims published, %d and %d given up%n",
          books.rewrites("compact", "published"),
          books.rewrites("trim", "published"),
          books.rewrites("compact", "over"),
          books.rewrites("trim", "over"));
    } catch (SQLException e) {
      throw new IllegalStateException("The catalog is away although all is mended", e);
    }
  }

  /**
   * Lets the jobs do what is left: rows that are too old go, pinned snapshots answer as they did,
   * and when nothing is pinned any more the bucket has what the catalog says and nothing else.
   */
  void settle() throws IOException, SQLException {
    Instant expired = runUntilSucceeded("expire");
    aged.checkAll(expired);
    out.printf("%d pinned snapshots asked again%n", pinner.askAll());
    runUntilSucceeded("collect");
    pinner.askAll();
    pinner.unpinAll();
    emptyGarbage();
    missing();
    Set<String> left = books.stored();
    left.removeAll(books.published());
    for (String key : left.stream().limit(SHOWN).toList()) {
      history.violation("LEFT_BEHIND", "%s, one of %d objects".formatted(key, left.size()));
    }
    out.printf("%d objects in the bucket, all of them known%n", books.published().size());
  }

  /** Returns a moment before the run began. */
  private Instant runUntilSucceeded(String job) throws SQLException {
    Instant before = Instant.now();
    long micros = before.getEpochSecond() * 1_000_000 + before.getNano() / 1_000;
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      Optional<Long> succeeded = books.succeeded(job);
      if (succeeded.isPresent() && succeeded.get() >= micros) {
        return before;
      }
      if (System.nanoTime() > end) {
        history.violation("STUCK", "no run of %s has succeeded for %s".formatted(job, PATIENCE));
        return Instant.MIN;
      }
      jobs.start("/v1/maintenance/" + job);
      Pause.millis(1_000);
    }
  }

  private void emptyGarbage() throws SQLException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    long told = System.nanoTime();
    while (true) {
      Set<String> waiting = books.garbage();
      Set<String> pending = books.pending();
      if (waiting.isEmpty() && pending.isEmpty()) {
        // What expired at the very end is garbage only after one more look.
        runUntilSucceeded("expire");
        runUntilSucceeded("collect");
        if (books.garbage().isEmpty() && books.pending().isEmpty()) {
          return;
        }
      }
      if (System.nanoTime() > end) {
        history.violation(
            "GARBAGE_LEFT",
            "%d objects wait for being deleted and %d are pending after %s: %s"
                .formatted(
                    waiting.size(),
                    pending.size(),
                    PATIENCE,
                    books.describeGarbage().stream().limit(SHOWN).toList()));
        return;
      }
      if (System.nanoTime() - told > TimeUnit.SECONDS.toNanos(15)) {
        told = System.nanoTime();
        out.printf("  %d objects are garbage, %d pending%n", waiting.size(), pending.size());
      }
      jobs.start("/v1/maintenance/expire");
      jobs.start("/v1/maintenance/collect");
      Pause.millis(2_000);
    }
  }
}
