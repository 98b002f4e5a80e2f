package io.duckmesh.bench.faults;

import io.duckmesh.bench.faults.History.Ending;
import io.duckmesh.bench.faults.History.Restore;
import io.duckmesh.bench.faults.Writers.Going;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/**
 * Restores a table to earlier snapshots, drops it and has it back, while others write to it. In the
 * end it is there.
 */
final class Turner implements Runnable {
  private static final String PATH = "/v1/tables/" + Tables.TURNED;
  private static final int RECENT = 120;

  /** Refusals that are right: it is away, was away then, or the snapshot is too old. */
  private static final Set<String> RIGHT =
      Set.of("TABLE_NOT_FOUND", "SNAPSHOT_EXPIRED", "SNAPSHOT_NOT_FOUND");

  private final Client client;
  private final Queries queries;
  private final History history;
  private final Random random;
  private final Going going;

  Turner(Client client, History history, Random random, Going going) {
    this.client = client;
    this.queries = new Queries(client, history);
    this.history = history;
    this.random = random;
    this.going = going;
  }

  @Override
  public void run() {
    while (going.on()) {
      Pause.millis(500 + random.nextInt(2_500));
      if (random.nextInt(4) > 0) {
        restore();
      } else {
        drop();
        Pause.millis(random.nextInt(1_500));
        undrop();
      }
    }
    undrop();
  }

  private void restore() {
    List<Long> recent = new ArrayList<>();
    Client.Answer list = client.get(gateway(), "/v1/snapshots?limit=" + RECENT);
    if (list.ok()) {
      list.json()
          .path("snapshots")
          .forEach(snapshot -> recent.add(snapshot.path("snapshot_id").asLong()));
    }
    if (recent.isEmpty()) {
      return;
    }
    long to = recent.get(random.nextInt(recent.size()));
    int gateway = gateway();
    Client.Answer answer =
        client.send(gateway, "POST", PATH + "/restore", "{\"snapshot_id\":%d}".formatted(to));
    if (answer.ok()) {
      long made = answer.json().path("snapshot_id").asLong();
      history.add(new Restore(Tables.TURNED, to, made, Ending.DONE));
      history.count("restores");
      queries.at(gateway(), Tables.TURNED, made);
      queries.at(gateway(), Tables.TURNED, to);
    } else {
      Ending ending = answer.surelyNothingTaken() ? Ending.REFUSED : Ending.UNKNOWN;
      history.add(new Restore(Tables.TURNED, to, null, ending));
      expect(answer, "restore");
    }
  }

  private void drop() {
    Client.Answer answer = client.delete(gateway(), PATH);
    if (answer.ok()) {
      history.count("drops");
    }
    expect(answer, "drop");
  }

  /** Asks until it is there, whoever gave it back. */
  private void undrop() {
    while (!Thread.currentThread().isInterrupted()) {
      Client.Answer answer = client.send(gateway(), "POST", PATH + "/undrop", "{}");
      String code = answer.field("error_code");
      if (answer.ok() || "TABLE_EXISTS".equals(code)) {
        return;
      }
      Client.Answer described = client.get(gateway(), PATH);
      JsonNode name = described.ok() ? described.json().path("name") : null;
      if ("TABLE_NOT_FOUND".equals(code) && name != null) {
        // Nothing is dropped: the drop did not take place, or not yet.
        return;
      }
      expect(answer, "undrop");
      Pause.millis(200 + random.nextInt(300));
    }
  }

  private void expect(Client.Answer answer, String what) {
    String code = answer.field("error_code");
    if (!answer.ok() && !answer.saysRetry() && (code == null || !RIGHT.contains(code))) {
      history.violation("REFUSED_FOR_GOOD", "%s: %s".formatted(what, answer.text()));
    }
  }

  private int gateway() {
    return random.nextInt(client.gateways());
  }
}
