package io.duckmesh.bench.faults;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * What was sent, answered and broken, in memory for the checks and as JSON lines in a file for
 * people. Times are microseconds since the beginning. Thread-safe.
 */
final class History implements AutoCloseable {
  private static final JsonMapper JSON = new JsonMapper();

  /** How a request ended, as far as the client can know. */
  enum Ending {
    /** 2xx. */
    DONE,
    /** Refused for sure: nothing was taken. */
    REFUSED,
    /** The server may or may not have taken it. */
    UNKNOWN
  }

  /**
   * One attempt of a write.
   *
   * @param first number of its first row at the writer, the others follow it
   * @param variant which sending of the same rows with the same event keys this is, from 0
   * @param snapshot where it is visible, if the answer says so
   */
  record Write(
      String table,
      int writer,
      long first,
      int rows,
      int variant,
      @Nullable String requestKey,
      int gateway,
      long began,
      long ended,
      Ending ending,
      int status,
      @Nullable String code,
      @Nullable String receipt,
      @Nullable String token,
      @Nullable Long snapshot) {}

  /** What a read saw of one writer's rows. */
  record Seen(int writer, long count, long distinct, long min, long max, long sum, long variants) {}

  /**
   * One answered read of a whole table.
   *
   * @param why what the read was for: newest, token, fixed
   */
  record Read(
      String why,
      String table,
      int gateway,
      long began,
      long ended,
      long snapshot,
      List<Seen> seen) {}

  /** A read that was refused or not answered. */
  record NoAnswer(String why, int gateway, long began, long ended, int status, String reason) {}

  /**
   * A snapshot that could not be read because it had expired.
   *
   * @param at when that was known, at the latest
   */
  record Expired(String table, long snapshot, Instant at) {}

  /**
   * A table that was given the rows of an earlier snapshot, or perhaps.
   *
   * @param to the earlier snapshot
   * @param snapshot the one that was made, null if no answer said so
   */
  record Restore(String table, long to, @Nullable Long snapshot, Ending ending) {}

  /** What a pinned snapshot answered to one of the fixed queries. */
  record PinnedAnswer(long snapshot, int query, int gateway, String answer) {}

  /** Rows up to {@code max} of a writer are visible from this snapshot on, as was proven then. */
  record Proof(String table, int writer, long max, long snapshot, long at) {}

  /** What was listed of a snapshot. */
  record SnapshotSeen(long snapshot, String committedAt) {}

  /** A fault that was injected, or could not be. */
  record Fault(FaultKind kind, int target, long millis, long began, long ended, boolean injected) {}

  /** A promise that did not hold. */
  record Violation(String rule, String detail, long at) {}

  private final long start = System.nanoTime();
  private final BufferedWriter file;
  private final List<Write> writes = new ArrayList<>();
  private final List<Read> reads = new ArrayList<>();
  private final List<NoAnswer> noAnswers = new ArrayList<>();
  private final List<Proof> proofs = new ArrayList<>();
  private final List<SnapshotSeen> snapshots = new ArrayList<>();
  private final List<Fault> faults = new ArrayList<>();
  private final List<Expired> expired = new ArrayList<>();
  private final List<Restore> restores = new ArrayList<>();
  private final Map<String, Long> counts = new TreeMap<>();
  private final List<Violation> violations = new ArrayList<>();

  History(Path file) throws IOException {
    this.file = Files.newBufferedWriter(file);
  }

  long now() {
    return (System.nanoTime() - start) / 1_000;
  }

  synchronized void add(Write write) {
    writes.add(write);
    log("write", write);
  }

  synchronized void add(Read read) {
    reads.add(read);
    log("read", read);
  }

  synchronized void add(NoAnswer noAnswer) {
    noAnswers.add(noAnswer);
    log("no_answer", noAnswer);
  }

  synchronized void add(Proof proof) {
    proofs.add(proof);
    log("proof", proof);
  }

  synchronized void add(SnapshotSeen snapshot) {
    snapshots.add(snapshot);
    log("snapshot", snapshot);
  }

  synchronized void add(Fault fault) {
    faults.add(fault);
    log("fault", fault);
  }

  synchronized void add(Expired one) {
    expired.add(one);
    log("expired", one);
  }

  synchronized void add(Restore restore) {
    restores.add(restore);
    log("restore", restore);
  }

  synchronized void add(PinnedAnswer answer) {
    log("pinned", answer);
    count("answers of pinned snapshots");
  }

  /** Counts what happened, for the report. */
  synchronized void count(String what) {
    counts.merge(what, 1L, Long::sum);
  }

  synchronized void violation(String rule, String detail) {
    Violation violation = new Violation(rule, detail, now());
    violations.add(violation);
    log("violation", violation);
  }

  /** The latest write that was acknowledged, or one of those before it. */
  synchronized Optional<Write> recentlyAcknowledged(int before) {
    int left = before;
    for (int i = writes.size() - 1; i >= 0; i--) {
      if (writes.get(i).ending() == Ending.DONE && left-- == 0) {
        return Optional.of(writes.get(i));
      }
    }
    return Optional.empty();
  }

  synchronized List<Write> writes() {
    return List.copyOf(writes);
  }

  synchronized List<Read> reads() {
    return List.copyOf(reads);
  }

  synchronized List<NoAnswer> noAnswers() {
    return List.copyOf(noAnswers);
  }

  synchronized List<Proof> proofs() {
    return List.copyOf(proofs);
  }

  synchronized List<SnapshotSeen> snapshots() {
    return List.copyOf(snapshots);
  }

  synchronized List<Fault> faults() {
    return List.copyOf(faults);
  }

  synchronized List<Expired> expired() {
    return List.copyOf(expired);
  }

  synchronized List<Restore> restores() {
    return List.copyOf(restores);
  }

  synchronized Map<String, Long> counts() {
    return new TreeMap<>(counts);
  }

  synchronized List<Violation> violations() {
    return List.copyOf(violations);
  }

  private void log(String kind, Object entry) {
    try {
      file.write("{\"%s\":%s}".formatted(kind, JSON.writeValueAsString(entry)));
      file.newLine();
      file.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write the history", e);
    }
  }

  @Override
  public synchronized void close() throws IOException {
    file.close();
  }
}
