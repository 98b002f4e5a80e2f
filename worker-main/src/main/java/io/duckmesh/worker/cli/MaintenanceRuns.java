package io.duckmesh.worker.cli;

import static io.duckmesh.worker.cli.Gateway.text;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** What the commands that start jobs have in common. */
final class MaintenanceRuns {
  static final Duration TIMEOUT = Duration.ofSeconds(30);

  private static final int PAGE = 1_000;

  private MaintenanceRuns() {}

  /**
   * Starts a run and shows it; with {@code wait} at its end. Returns what the program exits with.
   */
  static int start(Gateway gateway, String path, boolean wait, boolean json) {
    JsonNode started = gateway.post(path, Gateway.JSON.createObjectNode(), TIMEOUT);
    List<JsonNode> runs = new ArrayList<>();
    if (started.path("runs").isArray()) {
      started.path("runs").forEach(runs::add);
      if (runs.isEmpty()) {
        Terminal.err().println("There is nothing to merge.");
      }
    } else {
      runs.add(started);
    }
    int exit = 0;
    for (JsonNode run : runs) {
      exit = Math.max(exit, show(gateway, run, wait, json));
    }
    return exit;
  }

  private static int show(Gateway gateway, JsonNode started, boolean wait, boolean json) {
    String id = text(started, "run_id");
    if (!wait) {
      Terminal.out()
          .println(
              json
                  ? started.toPrettyString()
                  : "Started run %s of %s%s".formatted(id, text(started, "job"), ofTable(started)));
      if (!json && !text(started, "workflow_url").isEmpty()) {
        Terminal.err().println("It is seen at " + text(started, "workflow_url"));
      }
      return 0;
    }
    Terminal.err().println("Run %s%s is running".formatted(id, ofTable(started)));
    JsonNode run = await(gateway, id);
    if (json) {
      Terminal.out().println(run.toPrettyString());
    } else {
      print(run);
    }
    return text(run, "outcome").equals("succeeded") ? 0 : 1;
  }

  private static String ofTable(JsonNode run) {
    String table = text(run, "table");
    return table.isEmpty() ? "" : " of table " + table;
  }

  static JsonNode await(Gateway gateway, String id) {
    return RunWait.untilEnded("run " + id, () -> find(gateway, id), "outcome");
  }

  static JsonNode find(Gateway gateway, String id) {
    return gateway.get("/v1/maintenance/runs/" + Gateway.encode(id), TIMEOUT);
  }

  /** Shows a run in a few lines. */
  static void print(JsonNode run) {
    JsonNode counts = run.path("counts");
    Terminal.out()
        .printf(
            "Run %s of %s%s %s after %d ms: %d files in, %d out, %d rows, %d bytes in, %d out%n",
            text(run, "run_id"),
            text(run, "job"),
            ofTable(run),
            text(run, "outcome"),
            run.path("duration_ms").asLong(),
            counts.path("files_in").asLong(),
            counts.path("files_out").asLong(),
            counts.path("rows").asLong(),
            counts.path("bytes_in").asLong(),
            counts.path("bytes_out").asLong());
    for (String field : List.of("plan", "reason", "workflow_url")) {
      if (!text(run, field).isEmpty()) {
        Terminal.out().println(field + ": " + text(run, field));
      }
    }
  }

  /** Asks for the plan of a run, page by page. */
  static void plan(Gateway gateway, String path, Consumer<JsonNode> page) {
    String after = null;
    do {
      JsonNode answer = gateway.post(path, request(after), TIMEOUT);
      page.accept(answer);
      after = text(answer, "after");
    } while (!after.isEmpty());
  }

  private static ObjectNode request(@Nullable String after) {
    ObjectNode request = Gateway.JSON.createObjectNode().put("dry_run", true).put("limit", PAGE);
    return after == null ? request : request.put("after", after);
  }
}
