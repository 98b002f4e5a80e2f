package io.duckmesh.bench.faults;

import io.duckmesh.bench.faults.History.Ending;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Sends rows of one writer, and notes what came back. Used by one thread. */
final class Sender {
  private static final long FIRST_PAUSE_MS = 100;
  private static final long LONGEST_PAUSE_MS = 2_000;

  private final String table;
  private final int writer;
  private final Client client;
  private final History history;
  private final Random random;

  Sender(String table, int writer, Client client, History history, Random random) {
    this.table = table;
    this.writer = writer;
    this.client = client;
    this.history = history;
    this.random = random;
  }

  /** Rows that are sent together; the body may have rows more than once. */
  record Rows(long first, int rows, int variant, String body) {}

  /** Sends once. */
  History.Write once(Rows rows, @Nullable String requestKey) {
    int gateway = random.nextInt(client.gateways());
    String wait = random.nextInt(20) == 0 ? "?wait=visible&timeout=3s" : "";
    long began = history.now();
    Client.Answer answer =
        client.post(
            gateway,
            "/v1/tables/" + table + "/events" + wait,
            "application/x-ndjson",
            rows.body(),
            requestKey);
    String snapshot = answer.field("snapshot_id");
    History.Write write =
        new History.Write(
            table,
            writer,
            rows.first(),
            rows.rows(),
            rows.variant(),
            requestKey,
            gateway,
            began,
            history.now(),
            ending(answer),
            answer.status(),
            answer.field("error_code"),
            answer.field("receipt_id"),
            answer.field("token"),
            snapshot == null ? null : Long.valueOf(snapshot));
    history.add(write);
    boolean away =
        table.equals(Tables.TURNED) && "TABLE_NOT_FOUND".equals(answer.field("error_code"));
    if (!answer.ok() && !answer.saysRetry() && !away) {
      history.violation("REFUSED_FOR_GOOD", "%s: %s".formatted(write, answer.text()));
    }
    return write;
  }

  /** Repeats until the rows are acknowledged, as a client does that has keys. */
  History.@Nullable Write untilDone(Rows rows, @Nullable String requestKey) {
    long pause = FIRST_PAUSE_MS;
    while (!Thread.currentThread().isInterrupted()) {
      History.Write write = once(rows, requestKey);
      if (write.ending() == Ending.DONE) {
        return write;
      }
      Pause.millis(pause / 2 + random.nextLong(pause));
      pause = Math.min(LONGEST_PAUSE_MS, pause * 2);
    }
    return null;
  }

  private static Ending ending(Client.Answer answer) {
    if (answer.ok()) {
      return Ending.DONE;
    }
    return answer.surelyNothingTaken() ? Ending.REFUSED : Ending.UNKNOWN;
  }
}
