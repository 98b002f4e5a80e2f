package io.duckmesh.bench.faults;

import io.duckmesh.bench.faults.Sender.Rows;
import io.duckmesh.bench.faults.Writers.Going;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes rows with a time, of which those go that are too old, and looks whether others go, too.
 * Used by one thread at a time.
 */
final class Aged implements Runnable {
  private static final int MOST_ROWS = 20;
  private static final int LOOKED_AT = 3_000;

  private final Queries queries;
  private final Client client;
  private final Sender sender;
  private final History history;
  private final Random random;
  private final Going going;

  /** The time of each row, by its number. */
  private final List<Instant> times = new ArrayList<>();

  /** The snapshot in which a row was missing first. */
  private final Map<Long, Long> gone = new HashMap<>();

  Aged(Client client, History history, Random random, Going going) {
    this.client = client;
    this.queries = new Queries(client, history);
    this.sender = new Sender(Tables.AGED, 0, client, history, random);
    this.history = history;
    this.random = random;
    this.going = going;
  }

  @Override
  public void run() {
    for (long request = 0; going.on(); request++) {
      long first = times.size();
      int rows = 1 + random.nextInt(MOST_ROWS);
      StringBuilder body = new StringBuilder();
      for (long n = first; n < first + rows; n++) {
        Instant at = time();
        times.add(at);
        body.append("{\"writer\":0,\"n\":").append(n).append(",\"variant\":0,\"k\":\"0-");
        body.append(n).append("\",\"seen\":\"").append(at).append("\"}\n");
      }
      Rows batch = new Rows(first, rows, 0, body.toString());
      History.Write done = sender.untilDone(batch, "aged-" + request);
      if (done == null) {
        return;
      }
      String token = done.token();
      if (token != null && request % 10 == 0) {
        look(token);
      }
      Pause.millis(random.nextInt(200));
    }
  }

  /** A third is about to be too old, or is. */
  private Instant time() {
    Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
    return random.nextInt(3) > 0
        ? now
        : now.minus(Tables.KEEP_ROWS).plusSeconds(random.nextInt(30) - 15);
  }

  private void look(String token) {
    long from = Math.max(0, times.size() - LOOKED_AT);
    ObjectNode statement =
        Queries.statement(
                "SELECT n, count(*) FROM %s WHERE n >= %d GROUP BY n".formatted(Tables.AGED, from))
            .put("min_visibility_token", token)
            .put("wait_timeout_ms", 10_000);
    queries
        .ask("token", random.nextInt(client.gateways()), statement)
        .ifPresent(answer -> compare(answer, from, Instant.now(), Instant.MIN));
  }

  /**
   * Looks at all rows.
   *
   * @param expired a run that began then has removed what was too old
   */
  void checkAll(Instant expired) {
    ObjectNode statement =
        Queries.statement("SELECT n, count(*) FROM %s GROUP BY n".formatted(Tables.AGED));
    statement.putObject("limits").put("max_rows", 10_000_000);
    queries
        .ask("final", 0, statement)
        .ifPresentOrElse(
            answer -> compare(answer, 0, Instant.now(), expired),
            () -> history.violation("NO_ANSWER", "gateway 0 does not read " + Tables.AGED));
  }

  /** Rows that were young enough at the end of the query must be in its answer. */
  private void compare(JsonNode answer, long from, Instant now, Instant expired) {
    long snapshot = answer.path("snapshot_id").asLong();
    Map<Long, Long> counts = new HashMap<>();
    for (JsonNode row : answer.path("rows")) {
      counts.put(row.path(0).asLong(), row.path(1).asLong());
    }
    Duration keep = Tables.KEEP_ROWS;
    for (long n = from; n < times.size(); n++) {
      Instant at = times.get((int) n);
      long count = counts.getOrDefault(n, 0L);
      if (count > 1) {
        history.violation(
            "DOUBLED", "row %d of %s is there %d times".formatted(n, Tables.AGED, count));
      } else if (count == 0 && !at.isBefore(now.minus(keep))) {
        history.violation(
            "LOST",
            "row %d of %s of %s is not in snapshot %d at %s, and not too old"
                .formatted(n, Tables.AGED, at, snapshot, now));
      } else if (count == 1 && expired.isAfter(Instant.MIN) && at.isBefore(expired.minus(keep))) {
        history.violation(
            "NOT_EXPIRED",
            "row %d of %s of %s is there after a run of %s".formatted(n, Tables.AGED, at, expired));
      }
      if (count == 0) {
        if (gone.put(n, Math.min(snapshot, gone.getOrDefault(n, snapshot))) == null) {
          history.count("rows gone by their age");
        }
      } else if (gone.getOrDefault(n, Long.MAX_VALUE) <= snapshot) {
        history.violation(
            "DOUBLED",
            "row %d of %s is back in snapshot %d, was gone in %d"
                .formatted(n, Tables.AGED, snapshot, gone.get(n)));
      }
    }
  }
}
