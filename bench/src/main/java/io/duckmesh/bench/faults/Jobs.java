package io.duckmesh.bench.faults;

import io.duckmesh.bench.faults.Writers.Going;
import java.util.Random;

/** Starts background jobs by hand, again and again, beside their schedules. */
final class Jobs implements Runnable {
  private final Client client;
  private final History history;
  private final Random random;
  private final Going going;

  Jobs(Client client, History history, Random random, Going going) {
    this.client = client;
    this.history = history;
    this.random = random;
    this.going = going;
  }

  @Override
  public void run() {
    while (going.on()) {
      switch (random.nextInt(3)) {
        case 0 -> start("/v1/maintenance/expire");
        case 1 -> start("/v1/maintenance/collect");
        default ->
            start("/v1/tables/" + Tables.ALL.get(random.nextInt(Tables.ALL.size())) + "/compact");
      }
      Pause.millis(300 + random.nextInt(1_000));
    }
  }

  /** Starts a run; one that is active is as good. */
  Client.Answer start(String path) {
    Client.Answer answer = client.send(random.nextInt(client.gateways()), "POST", path, "{}");
    String code = answer.field("error_code");
    boolean right =
        answer.ok()
            || answer.saysRetry()
            || "RUN_ACTIVE".equals(code)
            || "TABLE_NOT_FOUND".equals(code);
    if (answer.ok()) {
      history.count("runs started by hand");
    } else if (!right) {
      history.violation("REFUSED_FOR_GOOD", "%s: %s".formatted(path, answer.text()));
    }
    return answer;
  }
}
