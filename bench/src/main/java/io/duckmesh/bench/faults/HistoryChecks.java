package io.duckmesh.bench.faults;

import io.duckmesh.bench.faults.History.Proof;
import io.duckmesh.bench.faults.History.Read;
import io.duckmesh.bench.faults.History.Seen;
import io.duckmesh.bench.faults.History.SnapshotSeen;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What must hold for every read that was answered, wherever and whenever it was asked. */
final class HistoryChecks {
  private final History history;

  HistoryChecks(History history) {
    this.history = history;
  }

  void run() {
    history.reads().forEach(this::eachRowOnceAndInOrder);
    snapshotsAnswerAlways();
    nothingDisappears();
    provenStaysVisible();
    snapshotsKeepTheirTime();
  }

  private void eachRowOnceAndInOrder(Read read) {
    for (Seen seen : read.seen()) {
      if (seen.count() != seen.distinct()) {
        history.violation("DOUBLED", "%s in %s".formatted(seen, describe(read)));
      }
      if (read.table().equals(Tables.ORDERED)
          && (seen.min() != 0
              || seen.distinct() != seen.max() + 1
              || seen.sum() != seen.max() * (seen.max() + 1) / 2)) {
        // A writer sends a row when the one before it is acknowledged: no row without all before.
        history.violation("ORDER", "a gap before row %d: %s".formatted(seen.max(), describe(read)));
      }
      if (seen.variants() != 0) {
        history.violation(
            "KEY_ORDER", "a later event of a key replaced the first: %s".formatted(describe(read)));
      }
    }
  }

  private void snapshotsAnswerAlways() {
    Map<String, Read> first = new HashMap<>();
    for (Read read : history.reads()) {
      Read before = first.putIfAbsent(read.table() + " " + read.snapshot(), read);
      if (before != null && !before.seen().equals(read.seen())) {
        history.violation(
            "SNAPSHOT_CHANGED", "%s, and then %s".formatted(describe(before), describe(read)));
      }
    }
  }

  private void nothingDisappears() {
    Map<String, Seen> latest = new HashMap<>();
    for (Read read : bySnapshot(history.reads())) {
      if (read.table().equals(Tables.TURNED)) {
        // Going back is what it is for; what it has is checked row by row.
        continue;
      }
      Map<Integer, Seen> seen = byWriter(read);
      for (int writer = 0; writer < Harness.WRITERS; writer++) {
        String key = read.table() + " " + writer;
        Seen before = latest.get(key);
        Seen now = seen.get(writer);
        if (before != null && (now == null || now.count() < before.count())) {
          history.violation(
              "DISAPPEARED", "%s was there before %s".formatted(before, describe(read)));
        }
        if (now != null) {
          latest.put(key, now);
        }
      }
    }
  }

  /** Also reads of the newest snapshot that began after the proof, at any gateway. */
  private void provenStaysVisible() {
    Map<String, TreeMap<Long, Long>> provenAt = new HashMap<>();
    Map<String, TreeMap<Long, Long>> provenIn = new HashMap<>();
    for (Proof proof : history.proofs()) {
      String key = proof.table() + " " + proof.writer();
      provenAt.computeIfAbsent(key, k -> new TreeMap<>()).merge(proof.at(), proof.max(), Math::max);
      provenIn
          .computeIfAbsent(key, k -> new TreeMap<>())
          .merge(proof.snapshot(), proof.max(), Math::max);
    }
    for (Read read : history.reads()) {
      Map<Integer, Seen> seen = byWriter(read);
      for (int writer = 0; writer < Harness.WRITERS; writer++) {
        String key = read.table() + " " + writer;
        Seen now = seen.get(writer);
        long max = now == null ? -1 : now.max();
        long needed = highest(provenIn.get(key), read.snapshot());
        if (!read.why().equals("fixed")) {
          needed = Math.max(needed, highest(provenAt.get(key), read.began()));
        }
        if (max < needed) {
          history.violation(
              "PROVEN_NOT_VISIBLE",
              "row %d of writer %d was visible before: %s"
                  .formatted(needed, writer, describe(read)));
        }
      }
    }
  }

  private static long highest(@Nullable TreeMap<Long, Long> proofs, long upTo) {
    return proofs == null
        ? -1
        : proofs.headMap(upTo, true).values().stream().mapToLong(max -> max).max().orElse(-1);
  }

  private void snapshotsKeepTheirTime() {
    Map<Long, String> times = new TreeMap<>();
    for (SnapshotSeen snapshot : history.snapshots()) {
      String before = times.putIfAbsent(snapshot.snapshot(), snapshot.committedAt());
      if (before != null && !before.equals(snapshot.committedAt())) {
        history.violation(
            "SNAPSHOT_TIME",
            "snapshot %d had time %s and has %s"
                .formatted(snapshot.snapshot(), before, snapshot.committedAt()));
      }
    }
    Instant last = Instant.MIN;
    for (Map.Entry<Long, String> snapshot : times.entrySet()) {
      Instant time = Instant.parse(snapshot.getValue());
      if (!time.isAfter(last)) {
        history.violation(
            "SNAPSHOT_TIME", "snapshot %s is not later than %s".formatted(snapshot, last));
      }
      last = time;
    }
  }

  private static List<Read> bySnapshot(List<Read> reads) {
    return reads.stream().sorted(Comparator.comparingLong(Read::snapshot)).toList();
  }

  private static Map<Integer, Seen> byWriter(Read read) {
    Map<Integer, Seen> byWriter = new HashMap<>();
    read.seen().forEach(seen -> byWriter.put(seen.writer(), seen));
    return byWriter;
  }

  private static String describe(Read read) {
    return "%s at snapshot %d (%s, gateway %d, began %d us): %s"
        .formatted(
            read.table(), read.snapshot(), read.why(), read.gateway(), read.began(), read.seen());
  }
}
