package io.duckmesh.bench.faults;

import io.duckmesh.bench.faults.History.Seen;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * What a table has at each snapshot, if requests land once and restores are what they say: the rows
 * of the earlier snapshot, and what landed later. Dropping it and having it back changes nothing.
 */
final class Lineage {
  private final List<Landed> landed;
  private final NavigableMap<Long, Long> restores = new TreeMap<>();

  /** Rows that landed together. */
  record Landed(int writer, long first, int rows, long snapshot) {}

  /** Snapshots after the first one, up to the last one. */
  private record Span(long after, long upTo) {
    boolean contains(long snapshot) {
      return snapshot > after && snapshot <= upTo;
    }
  }

  Lineage(List<Landed> landed) {
    this.landed = List.copyOf(landed);
  }

  /** From this snapshot on, the table has what it had at the earlier one, and what lands later. */
  void restored(long snapshot, long to) {
    restores.put(snapshot, to);
  }

  /** What there is of each writer, by writer; writers without rows are not among them. */
  List<Seen> at(long snapshot) {
    List<Span> spans = spans(snapshot);
    Map<Integer, Seen> seen = new TreeMap<>();
    for (Landed each : landed) {
      if (spans.stream().anyMatch(span -> span.contains(each.snapshot()))) {
        long last = each.first() + each.rows() - 1;
        long sum = (each.first() + last) * each.rows() / 2;
        Seen rows = new Seen(each.writer(), each.rows(), each.rows(), each.first(), last, sum, 0);
        seen.merge(each.writer(), rows, Lineage::together);
      }
    }
    return List.copyOf(seen.values());
  }

  private static Seen together(Seen a, Seen b) {
    return new Seen(
        a.writer(),
        a.count() + b.count(),
        a.distinct() + b.distinct(),
        Math.min(a.min(), b.min()),
        Math.max(a.max(), b.max()),
        a.sum() + b.sum(),
        0);
  }

  /** When what is there at the snapshot has landed. */
  private List<Span> spans(long snapshot) {
    List<Span> spans = new ArrayList<>();
    long upTo = snapshot;
    Map.Entry<Long, Long> restore = restores.floorEntry(upTo);
    while (restore != null) {
      spans.add(new Span(restore.getKey(), upTo));
      upTo = restore.getValue();
      restore = restores.floorEntry(upTo);
    }
    spans.add(new Span(0, upTo));
    return spans;
  }
}
