package io.duckmesh.worker.cli;

import static io.duckmesh.worker.cli.Gateway.text;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/** Snapshots that can be read. */
@Command(
    name = "snapshots",
    description = "Lists snapshots that can be read, the newest first; or shows one's tables.")
public final class SnapshotsCommand implements Callable<Integer> {
  private static final String PATH = "/v1/snapshots";

  @Mixin private final GatewayOptions gatewayOptions = new GatewayOptions();

  @Parameters(paramLabel = "SNAPSHOT", arity = "0..1", description = "Shows this snapshot.")
  private @Nullable String snapshot;

  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "How many at most. Default: ${DEFAULT-VALUE}.",
      defaultValue = "20")
  private int limit;

  @Option(
      names = "--before",
      paramLabel = "SNAPSHOT",
      description = "Only snapshots with smaller numbers.")
  private @Nullable String before;

  @Option(names = "--json", description = "The gateway's whole answer.")
  private boolean json;

  @Override
  public Integer call() {
    Gateway gateway = gatewayOptions.gateway();
    String id = snapshot;
    JsonNode answer =
        gateway.get(
            id != null
                ? PATH + "/" + Gateway.encode(id)
                : "%s?limit=%d%s"
                    .formatted(
                        PATH, limit, before == null ? "" : "&before=" + Gateway.encode(before)),
            MaintenanceRuns.TIMEOUT);
    if (json) {
      Terminal.out().println(answer.toPrettyString());
    } else if (id != null) {
      Terminal.out()
          .printf(
              "Snapshot %s: %s at %s%s%n",
              text(answer, "snapshot_id"),
              text(answer, "operation"),
              text(answer, "committed_at"),
              answer.path("pins").isEmpty() ? "" : ", pinned as " + joined(answer.path("pins")));
      TextTable tables = TextTable.of("table", "#schema_version", "readable");
      for (JsonNode table : answer.path("tables")) {
        tables.add(text(table, "name"), text(table, "schema_version"), text(table, "readable"));
      }
      tables.print(Terminal.out());
    } else {
      TextTable list = TextTable.of("#snapshot_id", "committed_at", "operation", "pins");
      for (JsonNode each : answer.path("snapshots")) {
        list.add(
            text(each, "snapshot_id"),
            text(each, "committed_at"),
            text(each, "operation"),
            joined(each.path("pins")));
      }
      list.print(Terminal.out());
      if (!text(answer, "before").isEmpty()) {
        Terminal.err().println("Older ones: --before " + text(answer, "before"));
      }
    }
    return 0;
  }

  private static String joined(JsonNode array) {
    List<String> values = new ArrayList<>();
    array.forEach(value -> values.add(value.asString("")));
    return String.join(", ", values);
  }
}
