package io.duckmesh.activities.materialize;

import com.google.protobuf.util.Timestamps;
import io.duckmesh.bus.Position;
import io.duckmesh.bus.Segment;
import io.duckmesh.catalog.TableInfo;
import io.temporal.api.history.v1.HistoryEvent;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Measures how long one event takes from being published, with somebody waiting, to being visible:
 * {@code ./mvnw -pl activities test -Dtest=LandingLatencyIT -Dduckmesh.measure=true}.
 */
@EnabledIfSystemProperty(named = "duckmesh.measure", matches = "true")
class LandingLatencyIT {
  private static final Logger log = LoggerFactory.getLogger(LandingLatencyIT.class);
  private static final int WARM_UP = 100;
  private static final int MEASURED = 150;

  @Test
  void measureOneEventAtATime() throws Exception {
    try (Lake lake = Lake.alone();
        Materializer materializer = new Materializer(lake)) {
      TableInfo flights = lake.createTable("flights");
      materializer.startWorkflow();
      List<Double> published = new ArrayList<>();
      List<Double> visible = new ArrayList<>();
      for (int i = 0; i < WARM_UP + MEASURED; i++) {
        Segment segment = lake.segment(flights, null, List.of("key " + i), i);
        Await.until("claim waits", () -> lake.bus.status(lake.shard).lease() == null);
        long start = System.nanoTime();
        Position position = lake.bus.publish(List.of(segment)).getFirst();
        long appended = System.nanoTime();
        lake.bus.requestFlush(lake.shard, position);
        lake.awaitLanded(position.value());
        long landed = System.nanoTime();
        if (i >= WARM_UP) {
          published.add((appended - start) / 1e6);
          visible.add((landed - appended) / 1e6);
        }
      }
      StringBuilder report = new StringBuilder("\n");
      line(report, "publish", published);
      line(report, "flush request to visible", visible);
      Map<String, List<Double>> steps = steps(materializer);
      steps.forEach((name, values) -> line(report, name, values));
      new TreeMap<>(materializer.faults.durations())
          .forEach((call, values) -> line(report, "call " + call, last(values)));
      materializer.terminateWorkflow();
      log.warn("{}", report);
    }
  }

  /** Where the time goes, by the server's own clock. */
  private static Map<String, List<Double>> steps(Materializer materializer) {
    Map<String, List<Double>> steps = new TreeMap<>();
    Map<Long, HistoryEvent> events = new HashMap<>();
    HistoryEvent lastClaim = null;
    HistoryEvent lastWrite = null;
    for (HistoryEvent event :
        materializer
            .client
            .fetchHistory(materializer.stub().getExecution().getWorkflowId())
            .getEvents()) {
      events.put(event.getEventId(), event);
      if (!event.hasActivityTaskCompletedEventAttributes()) {
        continue;
      }
      HistoryEvent scheduled =
          events.get(event.getActivityTaskCompletedEventAttributes().getScheduledEventId());
      HistoryEvent started =
          events.get(event.getActivityTaskCompletedEventAttributes().getStartedEventId());
      String type = scheduled.getActivityTaskScheduledEventAttributes().getActivityType().getName();
      if (type.equals("claim-batch")) {
        lastClaim = event;
      } else {
        HistoryEvent before = type.equals("write-batch") ? lastClaim : lastWrite;
        add(steps, type + " 1 decided and started", before, started);
        add(steps, type + " 2 ran", started, event);
        lastWrite = event;
      }
    }
    steps.replaceAll((name, values) -> last(values));
    return steps;
  }

  private static List<Double> last(List<Double> values) {
    return values.subList(Math.max(0, values.size() - MEASURED), values.size());
  }

  private static void add(
      Map<String, List<Double>> steps, String name, HistoryEvent from, HistoryEvent to) {
    steps
        .computeIfAbsent(name, absent -> new ArrayList<>())
        .add(Timestamps.between(from.getEventTime(), to.getEventTime()).getNanos() / 1e6);
  }

  private static void line(StringBuilder report, String name, List<Double> values) {
    List<Double> sorted = new ArrayList<>(values);
    Collections.sort(sorted);
    report.append(
        String.format(
            Locale.ROOT,
            "%-40s p50 %6.1f ms  p95 %6.1f ms%n",
            name,
            sorted.get(sorted.size() / 2),
            sorted.get(sorted.size() * 95 / 100)));
  }
}
