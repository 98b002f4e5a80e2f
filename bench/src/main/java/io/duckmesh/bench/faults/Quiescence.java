package io.duckmesh.bench.faults;

import java.io.PrintStream;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;

/** Waits until everything that was accepted has landed. */
final class Quiescence {
  private static final long STUCK_SECONDS = 120;

  private final Client client;
  private final PrintStream out;

  Quiescence(Client client, PrintStream out) {
    this.client = client;
    this.out = out;
  }

  /**
   * Returns when nothing is pending.
   *
   * @return why it is stuck, if nothing has landed for two minutes; else empty
   */
  String await() {
    long landed = -1;
    long progress = System.nanoTime();
    long told = 0;
    String last = "the gateways did not say";
    while (System.nanoTime() - progress < TimeUnit.SECONDS.toNanos(STUCK_SECONDS)) {
      Client.Answer lag = client.get(0, "/v1/lag");
      if (lag.ok()) {
        last = lag.json().path("shards").toString();
        long head = sum(lag.json(), "head");
        long watermark = sum(lag.json(), "watermark");
        if (head == watermark) {
          return "";
        }
        if (watermark > landed) {
          landed = watermark;
          progress = System.nanoTime();
        }
        if (System.nanoTime() - told > TimeUnit.SECONDS.toNanos(5)) {
          out.printf("  landed %d of %d segments%n", watermark, head);
          told = System.nanoTime();
        }
      }
      Pause.millis(200);
    }
    return "nothing has landed for %d s: %s".formatted(STUCK_SECONDS, last);
  }

  private static long sum(JsonNode lag, String field) {
    long sum = 0;
    for (JsonNode shard : lag.path("shards")) {
      sum += shard.path(field).asLong();
    }
    return sum;
  }
}
