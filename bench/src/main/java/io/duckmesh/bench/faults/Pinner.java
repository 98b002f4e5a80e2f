package io.duckmesh.bench.faults;

import io.duckmesh.bench.faults.History.PinnedAnswer;
import io.duckmesh.bench.faults.Writers.Going;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * Pins snapshots and asks them the same queries again and again: the first answer to each is the
 * only one. Used by one thread at a time.
 */
final class Pinner implements Runnable {
  static final int PINS = 20;

  /** With and without an order, since also rows without one come in the same every time. */
  static final List<String> QUERIES =
      List.of(
          "SELECT count(*), sum(n), min(k), max(k) FROM ordered",
          "SELECT count(*), sum(n), min(k), max(k) FROM keyed",
          "SELECT count(*), sum(n), min(k), max(k) FROM bare",
          "SELECT count(*), sum(n), min(k), max(k) FROM turned",
          "SELECT count(*), sum(n), min(seen), max(seen) FROM aged",
          "SELECT writer, count(*), sum(n), avg(n) FROM ordered GROUP BY writer ORDER BY writer",
          "SELECT writer, variant, count(*) FROM keyed GROUP BY ALL ORDER BY ALL",
          "SELECT n % 7 AS r, count(*), max(k) FROM bare GROUP BY r ORDER BY r",
          "SELECT * FROM ordered ORDER BY writer, n LIMIT 50",
          "SELECT * FROM keyed ORDER BY n DESC, writer LIMIT 50",
          "SELECT * FROM bare LIMIT 100",
          "SELECT * FROM turned LIMIT 100",
          "SELECT n, k FROM keyed WHERE n BETWEEN 10 AND 60",
          "SELECT * FROM aged WHERE n % 11 = 3 LIMIT 40",
          "SELECT count(*), sum(o.n) FROM ordered o JOIN keyed k ON o.k = k.k",
          "SELECT quantile_disc(n, 0.5), count(DISTINCT writer) FROM turned",
          "SELECT k FROM ordered EXCEPT SELECT k FROM bare ORDER BY k LIMIT 30",
          "SELECT writer, n, row_number() OVER (PARTITION BY writer ORDER BY n DESC) AS r"
              + " FROM turned QUALIFY r <= 5 ORDER BY writer, r",
          "SELECT count(*) FROM (SELECT k FROM bare UNION ALL SELECT k FROM turned) u",
          "SELECT string_agg(k, ',' ORDER BY writer, n) FROM turned WHERE n % 13 = 0");

  private final Client client;
  private final History history;
  private final Random random;
  private final Going going;
  private final List<Pinned> pinned = new ArrayList<>();
  private int made;

  /** A pinned snapshot, with the first answer to each query. */
  private record Pinned(String name, long snapshot, @Nullable String[] answers) {}

  Pinner(Client client, History history, Random random, Going going) {
    this.client = client;
    this.history = history;
    this.random = random;
    this.going = going;
  }

  @Override
  public void run() {
    long next = System.nanoTime();
    while (going.on()) {
      if (System.nanoTime() >= next) {
        next = System.nanoTime() + (1_500 + random.nextInt(2_000)) * 1_000_000L;
        if (pinned.size() >= PINS) {
          unpin(pinned.remove(random.nextInt(pinned.size())));
        }
        pin();
      }
      if (!pinned.isEmpty()) {
        Pinned one = pinned.get(random.nextInt(pinned.size()));
        ask(one, random.nextInt(QUERIES.size()), random.nextInt(client.gateways()));
      }
      Pause.millis(20 + random.nextInt(100));
    }
  }

  /** Asks every pinned snapshot every query once more; returns how many snapshots there are. */
  int askAll() {
    for (Pinned one : pinned) {
      for (int query = 0; query < QUERIES.size(); query++) {
        boolean answered = false;
        for (int attempt = 0; attempt < 5 && !answered; attempt++) {
          answered = ask(one, query, random.nextInt(client.gateways()));
        }
        if (!answered) {
          history.violation(
              "NO_ANSWER",
              "snapshot %d does not answer %s".formatted(one.snapshot(), QUERIES.get(query)));
        }
      }
    }
    return pinned.size();
  }

  /** Removes all pins. */
  void unpinAll() {
    pinned.forEach(this::unpin);
    pinned.clear();
  }

  private void pin() {
    Client.Answer newest =
        client.send(gateway(), "POST", "/v1/query", "{\"sql\":\"SELECT count(*) FROM bare\"}");
    if (!newest.ok()) {
      return;
    }
    long snapshot = newest.json().path("snapshot_id").asLong();
    String name = "pin-" + made++;
    Client.Answer answer =
        client.send(
            gateway(), "PUT", "/v1/pins/" + name, "{\"snapshot_id\":%d}".formatted(snapshot));
    if (answer.ok()) {
      Pinned one = new Pinned(name, snapshot, new String[QUERIES.size()]);
      pinned.add(one);
      history.count("pins");
      for (int query = 0; query < QUERIES.size(); query++) {
        ask(one, query, gateway());
      }
    } else if (!answer.saysRetry() && !"SNAPSHOT_EXPIRED".equals(answer.field("error_code"))) {
      history.violation("REFUSED_FOR_GOOD", "pin: " + answer.text());
    }
  }

  /** Asks until it is gone. */
  private void unpin(Pinned one) {
    while (!Thread.currentThread().isInterrupted()) {
      Client.Answer answer = client.delete(gateway(), "/v1/pins/" + one.name());
      if (answer.ok() || "PIN_NOT_FOUND".equals(answer.field("error_code"))) {
        return;
      }
      Pause.millis(200);
    }
  }

  /** Returns whether there was an answer. */
  private boolean ask(Pinned one, int query, int gateway) {
    ObjectNode body = Queries.statement(QUERIES.get(query)).put("snapshot_id", one.snapshot());
    Client.Answer answer =
        client.post(gateway, "/v1/query", "application/json", body.toString(), null);
    String code = answer.field("error_code");
    String text;
    if (answer.ok()) {
      text = answer.json().path("rows").toString();
    } else if ("TABLE_NOT_FOUND".equals(code)) {
      text = "TABLE_NOT_FOUND";
    } else {
      if (!answer.saysRetry()) {
        history.violation(
            "PIN_BROKEN",
            "pinned snapshot %d at gateway %d: %s"
                .formatted(one.snapshot(), gateway, answer.text()));
      }
      return false;
    }
    history.add(new PinnedAnswer(one.snapshot(), query, gateway, text));
    String first = one.answers()[query];
    if (first == null) {
      one.answers()[query] = text;
    } else if (!first.equals(text)) {
      history.violation(
          "SNAPSHOT_CHANGED",
          "pinned snapshot %d at gateway %d answers %s with %s, and before %s"
              .formatted(
                  one.snapshot(), gateway, QUERIES.get(query), shortened(text), shortened(first)));
    }
    return true;
  }

  private static String shortened(String text) {
    return text.length() <= 300 ? text : text.substring(0, 300) + "…";
  }

  private int gateway() {
    return random.nextInt(client.gateways());
  }
}
