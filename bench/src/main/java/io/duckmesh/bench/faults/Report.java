package io.duckmesh.bench.faults;

import io.duckmesh.bench.faults.History.Ending;
import io.duckmesh.bench.faults.History.Fault;
import io.duckmesh.bench.faults.History.Violation;
import io.duckmesh.bench.faults.History.Write;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What a run did and found. */
final class Report {
  /** Details of each rule; the history has all. */
  private static final int SHOWN = 3;

  private final RunOptions options;
  private final List<Fault> faults;
  private final List<Write> writes;
  private final List<History.Read> reads;
  private final List<History.NoAnswer> noAnswers;
  private final List<Violation> violations;
  private final Map<String, Long> counts;

  Report(RunOptions options, History history) {
    this.options = options;
    this.faults = history.faults();
    this.writes = history.writes();
    this.reads = history.reads();
    this.noAnswers = history.noAnswers();
    this.violations = history.violations();
    this.counts = history.counts();
  }

  List<Violation> violations() {
    return violations;
  }

  /** Faults that were injected, by kind. */
  Map<FaultKind, Long> faultsByKind() {
    return faults.stream()
        .filter(Fault::injected)
        .collect(Collectors.groupingBy(Fault::kind, TreeMap::new, Collectors.counting()));
  }

  long acknowledgedRows() {
    return writes.stream()
        .filter(write -> write.ending() == Ending.DONE)
        .mapToLong(Write::rows)
        .sum();
  }

  /** How often something happened that the load counts. */
  long count(String what) {
    return counts.getOrDefault(what, 0L);
  }

  void print(PrintStream out) {
    Map<FaultKind, Long> byKind = faultsByKind();
    out.println();
    out.printf(
        "faults injected: %d of %d kinds%n",
        byKind.values().stream().mapToLong(count -> count).sum(), byKind.size());
    byKind.forEach((kind, count) -> out.printf("  %-20s %4d%n", kind, count));
    faults.stream()
        .filter(fault -> !fault.injected())
        .map(Fault::kind)
        .distinct()
        .forEach(kind -> out.printf("  %-20s not possible here%n", kind));
    out.printf("writes: %d requests, %d acknowledged rows%n", writes.size(), acknowledgedRows());
    answers(
        out,
        writes.stream().collect(Collectors.groupingBy(Report::describe, Collectors.counting())));
    out.printf("reads: %d answered, %d not%n", reads.size(), noAnswers.size());
    counts.forEach((what, count) -> out.printf("%s: %d%n", what, count));
    out.printf("violations: %d%n", violations.size());
    violations.stream()
        .collect(Collectors.groupingBy(Violation::rule, TreeMap::new, Collectors.toList()))
        .forEach((rule, broken) -> printRule(out, rule, broken));
    out.printf("history: %s%n", options.folder().resolve("history.jsonl"));
    out.printf("again:   %s%n", options.command());
  }

  private static void printRule(PrintStream out, String rule, List<Violation> broken) {
    out.printf("  %-32s %6d%n", rule, broken.size());
    broken.stream()
        .limit(SHOWN)
        .forEach(each -> out.printf("    at %d us: %s%n", each.at(), each.detail()));
  }

  private static void answers(PrintStream out, Map<String, Long> counts) {
    new TreeMap<>(counts).forEach((answer, count) -> out.printf("  %-32s %6d%n", answer, count));
  }

  private static String describe(Write write) {
    if (write.status() == 0) {
      return "no answer";
    }
    String code = write.code();
    return write.status()
        + (code == null ? "" : " " + code)
        + (write.status() >= 400 && write.ending() == Ending.UNKNOWN ? " (outcome unknown)" : "");
  }
}
