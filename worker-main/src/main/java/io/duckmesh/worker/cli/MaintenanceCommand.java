package io.duckmesh.worker.cli;

import static io.duckmesh.worker.cli.Gateway.text;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;

/** What waits to be done. */
@Command(
    name = "maintenance",
    description = "Shows what waits to be merged and deleted, and why what is not done is not.")
public final class MaintenanceCommand implements Callable<Integer> {
  @Mixin private final GatewayOptions gatewayOptions = new GatewayOptions();

  @Option(names = "--json", description = "The gateway's whole answer.")
  private boolean json;

  @Override
  public Integer call() {
    JsonNode answer = gatewayOptions.gateway().get("/v1/maintenance", MaintenanceRuns.TIMEOUT);
    if (json) {
      Terminal.out().println(answer.toPrettyString());
      return 0;
    }
    TextTable tables =
        TextTable.of(
            "table",
            "#files",
            "#small_files",
            "#ended_files",
            "#rows",
            "#bytes",
            "#write_amplification",
            "compaction");
    for (JsonNode table : answer.path("tables")) {
      tables.add(
          text(table, "table"),
          text(table, "files"),
          text(table, "small_files"),
          text(table, "ended_files"),
          text(table, "rows"),
          text(table, "bytes"),
          text(table, "write_amplification"),
          text(table, "compaction"));
    }
    tables.print(Terminal.out());
    JsonNode garbage = answer.path("garbage");
    Terminal.out()
        .printf(
            "%nGarbage: %s objects, %s bytes; %s due, %s held by queries, %s failing%n",
            text(garbage, "objects"),
            text(garbage, "bytes"),
            text(garbage, "due"),
            text(garbage, "held"),
            text(garbage, "failing"));
    if (!answer.path("schedules").isEmpty()) {
      Terminal.out().println();
      TextTable schedules = TextTable.of("schedule", "every", "paused");
      for (JsonNode each : answer.path("schedules")) {
        schedules.add(text(each, "id"), text(each, "every"), text(each, "paused"));
      }
      schedules.print(Terminal.out());
    }
    for (JsonNode obstacle : answer.path("obstacles")) {
      Terminal.out()
          .printf(
              "%n%s%n  because: %s%n  what helps: %s%n",
              text(obstacle, "what"), text(obstacle, "because"), text(obstacle, "verb"));
    }
    return 0;
  }
}
