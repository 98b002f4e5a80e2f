package io.duckmesh.worker.cli;

import java.time.Duration;
import java.util.function.Supplier;
import tools.jackson.databind.JsonNode;

/** Waits for a run of the server by asking again and again, ever more seldom. */
final class RunWait {
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final Duration SHORTEST_PAUSE = Duration.ofMillis(100);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

  private RunWait() {}

  /**
   * The run when it does not run any more. A gateway that does not answer for a moment is asked
   * again, too.
   *
   * @param what names the run in a message
   * @param look asks for the run
   * @param field of the answer that is {@code running} while it runs
   */
  static JsonNode untilEnded(String what, Supplier<JsonNode> look, String field) {
    Sender sender = new Sender(PATIENCE, Terminal.err()::println);
    Duration pause = SHORTEST_PAUSE;
    while (true) {
      JsonNode run = sender.send(look);
      if (!run.path(field).asString("").equals("running")) {
        return run;
      }
      try {
        Thread.sleep(pause);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new CommandFailedException("Interrupted while " + what + " goes on", e);
      }
      pause = pause.multipliedBy(2);
      if (pause.compareTo(LONGEST_PAUSE) > 0) {
        pause = LONGEST_PAUSE;
      }
    }
  }
}
