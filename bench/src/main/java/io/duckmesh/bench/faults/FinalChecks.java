package io.duckmesh.bench.faults;

import io.duckmesh.bench.faults.History.Ending;
import io.duckmesh.bench.faults.History.Read;
import io.duckmesh.bench.faults.History.Seen;
import io.duckmesh.bench.faults.History.SnapshotSeen;
import io.duckmesh.bench.faults.History.Write;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.ToLongFunction;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** What must hold when everything is mended and has landed. */
final class FinalChecks {
  private static final int RECEIPTS = 200;

  private final Client client;
  private final Queries queries;
  private final History history;
  private final Random random;
  private final ToLongFunction<String> rowsChanged;

  /**
   * @param rowsChanged how many rows of a table restores and row retention have taken or given back
   */
  FinalChecks(Client client, History history, Random random, ToLongFunction<String> rowsChanged) {
    this.rowsChanged = rowsChanged;
    this.client = client;
    this.queries = new Queries(client, history);
    this.history = history;
    this.random = random;
  }

  void run() {
    for (String table : List.of(Tables.ORDERED, Tables.KEYED)) {
      for (int gateway = 0; gateway < client.gateways(); gateway++) {
        Optional<Read> read = queries.newest(gateway, table);
        if (read.isEmpty()) {
          history.violation("NO_ANSWER", "gateway %d does not read %s".formatted(gateway, table));
        } else {
          acknowledgedRowsAreThereOnce(read.get());
        }
      }
    }
    requestsWithoutKeysAreWholeOrNot();
    listAllSnapshots();
    receiptsAgree();
    countsAgree();
  }

  private void acknowledgedRowsAreThereOnce(Read read) {
    Map<Integer, Long> acknowledged = new TreeMap<>();
    Map<Integer, Long> sent = new HashMap<>();
    for (Write write : history.writes()) {
      if (write.table().equals(read.table())) {
        long end = write.first() + write.rows();
        sent.merge(write.writer(), end, Math::max);
        if (write.ending() == Ending.DONE) {
          acknowledged.merge(write.writer(), end, Math::max);
        }
      }
    }
    Map<Integer, Seen> seen = new HashMap<>();
    read.seen().forEach(each -> seen.put(each.writer(), each));
    for (Map.Entry<Integer, Long> each : acknowledged.entrySet()) {
      Seen now = seen.get(each.getKey());
      long rows = each.getValue();
      boolean rightCount =
          now != null
              && now.distinct() >= rows
              && now.distinct() <= sent.getOrDefault(each.getKey(), 0L)
              && now.distinct() == now.max() + 1;
      if (!rightCount) {
        history.violation(
            "LOST",
            "writer %s of %s has rows 0 to %d acknowledged; visible at gateway %d: %s"
                .formatted(each.getKey(), read.table(), rows - 1, read.gateway(), now));
      }
      if (now != null && now.count() != now.distinct()) {
        history.violation("DOUBLED", "%s of %s".formatted(now, read.table()));
      }
    }
  }

  private void requestsWithoutKeysAreWholeOrNot() {
    ObjectNode statement =
        Queries.statement(
            "SELECT writer, n, count(*) FROM %s GROUP BY writer, n".formatted(Tables.BARE));
    statement.putObject("limits").put("max_rows", 50_000_000);
    Optional<JsonNode> answer = queries.ask("final", 0, statement);
    if (answer.isEmpty()) {
      history.violation("NO_ANSWER", "gateway 0 does not read " + Tables.BARE);
      return;
    }
    Map<String, Long> copies = new HashMap<>();
    for (JsonNode row : answer.get().path("rows")) {
      copies.put(row.path(0).asInt() + "-" + row.path(1).asLong(), row.path(2).asLong());
    }
    for (Write write : history.writes()) {
      if (write.table().equals(Tables.BARE)) {
        checkBare(write, copies);
      }
    }
  }

  private void checkBare(Write write, Map<String, Long> copies) {
    long rows = 0;
    for (long n = write.first(); n < write.first() + write.rows(); n++) {
      long count = copies.getOrDefault(write.writer() + "-" + n, 0L);
      if (count > 1) {
        history.violation("DOUBLED", "row %d of %s is there %d times".formatted(n, write, count));
      }
      rows += Math.min(1, count);
    }
    switch (write.ending()) {
      case DONE -> {
        if (rows != write.rows()) {
          history.violation("LOST", "%d rows of %s are visible".formatted(rows, write));
        }
      }
      case REFUSED -> {
        if (rows != 0) {
          history.violation(
              "REFUSED_AND_TAKEN", "%d rows of %s are visible".formatted(rows, write));
        }
      }
      case UNKNOWN -> {
        if (rows != 0 && rows != write.rows()) {
          history.violation("TORN", "%d rows of %s are visible".formatted(rows, write));
        }
      }
    }
  }

  private void listAllSnapshots() {
    String before = "";
    while (true) {
      Client.Answer page = client.get(0, "/v1/snapshots?limit=1000" + before);
      if (!page.ok()) {
        history.violation("NO_ANSWER", "snapshots: " + page.text());
        return;
      }
      for (JsonNode snapshot : page.json().path("snapshots")) {
        history.add(
            new SnapshotSeen(
                snapshot.path("snapshot_id").asLong(), snapshot.path("committed_at").asString()));
      }
      String next = page.field("before");
      if (next == null) {
        return;
      }
      before = "&before=" + next;
    }
  }

  private void receiptsAgree() {
    List<Write> acknowledged =
        new ArrayList<>(
            history.writes().stream()
                .filter(write -> write.receipt() != null)
                .filter(write -> !write.table().equals(Tables.TURNED))
                .toList());
    Collections.shuffle(acknowledged, random);
    for (Write write : acknowledged.subList(0, Math.min(RECEIPTS, acknowledged.size()))) {
      Client.Answer answer =
          client.get(random.nextInt(client.gateways()), "/v1/receipts/" + write.receipt());
      JsonNode receipt = answer.ok() ? answer.json() : Client.JSON.createObjectNode();
      long accepted = receipt.path("accepted").asLong();
      long landed =
          receipt.path("visible").asLong()
              + receipt.path("duplicates").asLong()
              + receipt.path("quarantined").asLong();
      if (!receipt.path("state").asString("none").equals("visible") || accepted != landed) {
        history.violation("RECEIPT", "%s: %s".formatted(write, answer.text()));
      }
    }
  }

  /** accepted = visible + duplicates + quarantined, and visible is what a query counts. */
  private void countsAgree() {
    Client.Answer lag = client.get(0, "/v1/lag");
    if (!lag.ok()) {
      history.violation("NO_ANSWER", "lag: " + lag.text());
      return;
    }
    long accepted = 0;
    for (JsonNode shard : lag.json().path("shards")) {
      accepted += shard.path("accepted_rows").asLong();
    }
    long landed = 0;
    for (JsonNode table : lag.json().path("tables")) {
      long visible = table.path("visible").asLong();
      landed += visible + table.path("duplicates").asLong() + table.path("quarantined").asLong();
      long counted =
          queries
              .ask(
                  "final",
                  1,
                  Queries.statement("SELECT count(*) FROM " + table.path("table").asString()))
              .map(answer -> answer.path("rows").path(0).path(0).asLong())
              .orElse(-1L);
      long expected = visible + rowsChanged.applyAsLong(table.path("table").asString());
      if (counted != expected) {
        history.violation(
            "CONSERVATION",
            "%s: a query counts %d rows, not %d".formatted(table, counted, expected));
      }
    }
    if (accepted != landed) {
      history.violation(
          "CONSERVATION",
          "%d rows accepted, %d landed: %s".formatted(accepted, landed, lag.text()));
    }
  }
}
