package io.duckmesh.bench.faults;

import io.duckmesh.bench.faults.History.Read;
import io.duckmesh.bench.faults.History.Seen;
import io.duckmesh.bench.faults.History.Write;
import io.duckmesh.bench.faults.Writers.Going;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Reads the newest snapshot, its own past ones, and what tokens of writers promise. */
final class Reader implements Runnable {
  private static final int RECENT = 20;
  private static final int STILL_THERE = 100;

  private final List<String> tables;
  private final Client client;
  private final Queries queries;
  private final History history;
  private final Random random;
  private final Going going;
  private final List<Read> past = new ArrayList<>();

  /**
   * @param tables those that have the columns that all have
   */
  Reader(List<String> tables, Client client, History history, Random random, Going going) {
    this.tables = tables;
    this.client = client;
    this.queries = new Queries(client, history);
    this.history = history;
    this.random = random;
    this.going = going;
  }

  @Override
  public void run() {
    while (going.on()) {
      int gateway = random.nextInt(client.gateways());
      int choice = random.nextInt(10);
      if (choice < 4) {
        queries.newest(gateway, tables.get(random.nextInt(tables.size()))).ifPresent(past::add);
      } else if (choice < 7) {
        readWithToken(gateway);
      } else if (choice < 9) {
        readAgain(gateway);
      } else {
        listSnapshots(gateway);
      }
      Pause.millis(20 + random.nextInt(150));
    }
  }

  private void readAgain(int gateway) {
    if (!past.isEmpty()) {
      // Old ones may have expired, so that asking for them proves little.
      int last = random.nextInt(4) == 0 ? past.size() : Math.min(past.size(), STILL_THERE);
      Read before = past.get(past.size() - 1 - random.nextInt(last));
      queries.at(gateway, before.table(), before.snapshot());
    }
  }

  private void readWithToken(int gateway) {
    Optional<Write> acknowledged = history.recentlyAcknowledged(random.nextInt(RECENT));
    if (acknowledged.isEmpty()) {
      return;
    }
    Write write = acknowledged.get();
    String token = write.token();
    if (token == null) {
      return;
    }
    if (write.table().equals(Tables.TURNED) || write.table().equals(Tables.AGED)) {
      // A later restore may have taken the rows away, and their age may.
      return;
    }
    if (write.table().equals(Tables.ORDERED)) {
      queries.withToken(gateway, write.table(), token).ifPresent(read -> proveOrdered(write, read));
    } else {
      countWithToken(gateway, write, token);
    }
  }

  private void proveOrdered(Write write, Read read) {
    long last = write.first() + write.rows() - 1;
    long max =
        read.seen().stream()
            .filter(seen -> seen.writer() == write.writer())
            .mapToLong(Seen::max)
            .findFirst()
            .orElse(-1);
    if (max < last) {
      history.violation(
          "TOKEN_NOT_VISIBLE",
          "row %d of %s is not in snapshot %d, which has rows up to %d"
              .formatted(last, write, read.snapshot(), max));
      return;
    }
    history.add(
        new History.Proof(write.table(), write.writer(), last, read.snapshot(), history.now()));
    past.add(read);
  }

  private void countWithToken(int gateway, Write write, String token) {
    ObjectNode statement =
        Queries.statement(
                "SELECT count(*) FROM %s WHERE writer = %d AND n BETWEEN %d AND %d"
                    .formatted(
                        write.table(),
                        write.writer(),
                        write.first(),
                        write.first() + write.rows() - 1))
            .put("min_visibility_token", token)
            .put("wait_timeout_ms", 10_000);
    queries
        .ask("token", gateway, statement)
        .ifPresent(
            answer -> {
              long count = answer.path("rows").path(0).path(0).asLong();
              if (count != write.rows()) {
                history.violation(
                    count < write.rows() ? "TOKEN_NOT_VISIBLE" : "DOUBLED",
                    "%d of the rows of %s are in snapshot %s"
                        .formatted(count, write, answer.path("snapshot_id")));
              }
            });
  }

  private void listSnapshots(int gateway) {
    Client.Answer answer = client.get(gateway, "/v1/snapshots?limit=20");
    if (answer.ok()) {
      for (JsonNode snapshot : answer.json().path("snapshots")) {
        history.add(
            new History.SnapshotSeen(
                snapshot.path("snapshot_id").asLong(), snapshot.path("committed_at").asString()));
      }
    }
  }
}
