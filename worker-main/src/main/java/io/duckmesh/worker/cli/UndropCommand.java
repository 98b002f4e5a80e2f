package io.duckmesh.worker.cli;

import static io.duckmesh.worker.cli.Gateway.text;

import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/** Gives back a dropped table. */
@Command(
    name = "undrop",
    description = "Gives back a dropped table; without a name, lists those that can be.")
public final class UndropCommand implements Callable<Integer> {
  @Mixin private final GatewayOptions gatewayOptions = new GatewayOptions();

  @Parameters(paramLabel = "TABLE", arity = "0..1", description = "The table.")
  private @Nullable String table;

  @Option(
      names = "--table-id",
      paramLabel = "ID",
      description = "Which one, of several that had the name. Default: the one dropped last.")
  private @Nullable UUID tableId;

  @Override
  public Integer call() {
    Gateway gateway = gatewayOptions.gateway();
    String name = table;
    if (name != null) {
      JsonNode answer =
          gateway.post(
              "/v1/tables/"
                  + Gateway.encode(name)
                  + "/undrop"
                  + (tableId == null ? "" : "?table_id=" + tableId),
              Gateway.JSON.createObjectNode(),
              MaintenanceRuns.TIMEOUT);
      Terminal.out()
          .printf(
              "Table %s is back since snapshot %s%n",
              text(answer, "name"), text(answer, "snapshot_id"));
      return 0;
    }
    JsonNode answer = gateway.get("/v1/dropped-tables", MaintenanceRuns.TIMEOUT);
    if (answer.path("tables").isEmpty()) {
      Terminal.err().println("There are no dropped tables that can be given back.");
      return 0;
    }
    TextTable tables = TextTable.of("name", "#dropped_in", "dropped_at", "table_id");
    for (JsonNode each : answer.path("tables")) {
      tables.add(
          text(each, "name"),
          text(each, "dropped_in"),
          text(each, "dropped_at"),
          text(each, "table_id"));
    }
    tables.print(Terminal.out());
    return 0;
  }
}
