package io.duckmesh.worker.cli;

import java.io.InputStream;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;

/** Tells people when a limit has cut an answer that they read as a stream. */
final class CutAnswers {
  private static final String TRUNCATED = "X-DuckMesh-Truncated";
  private static final String QUERY = "X-DuckMesh-Query";
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  /** The gateway's list of queries has one about a second after its end. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private static final Duration PAUSE = Duration.ofMillis(100);

  private CutAnswers() {}

  /**
   * Whether the answer, read to its end, was cut; empty if nobody knows. What was sent whole says
   * it in its header, what was streamed in a trailer, which this HTTP client does not show: then
   * the list of queries knows.
   */
  static Optional<Boolean> ask(Gateway gateway, HttpResponse<InputStream> answer) {
    Optional<Boolean> said = said(answer);
    Optional<String> query = answer.headers().firstValue(QUERY);
    if (said.isPresent() || query.isEmpty()) {
      return said;
    }
    long until = System.nanoTime() + PATIENCE.toNanos();
    do {
      try {
        JsonNode about = gateway.get("/v1/queries/" + Gateway.encode(query.get()), TIMEOUT);
        if (!Gateway.text(about, "state").equals("running")) {
          return Optional.of(about.path("truncated").asBoolean(false));
        }
      } catch (RefusedException e) {
        if (e.status() != 404) {
          return Optional.empty();
        }
      } catch (UnreachableException e) {
        return Optional.empty();
      }
    } while (System.nanoTime() < until && pause());
    return Optional.empty();
  }

  /** Whether the header says that the answer was cut; empty without one. */
  static Optional<Boolean> said(HttpResponse<InputStream> answer) {
    return answer.headers().firstValue(TRUNCATED).map(Boolean::parseBoolean);
  }

  /** Says on standard error that it was cut, or that this cannot be told. */
  static void warn(Optional<Boolean> cut) {
    if (cut.isEmpty()) {
      Terminal.err()
          .println("Warning: the gateway does not say whether a limit has cut the answer");
    } else if (cut.get()) {
      Terminal.err()
          .println(
              "Warning: a limit has cut the answer, there are more rows. Raise --max-rows, or narrow"
                  + " the statement");
    }
  }

  private static boolean pause() {
    try {
      TimeUnit.NANOSECONDS.sleep(PAUSE.toNanos());
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
