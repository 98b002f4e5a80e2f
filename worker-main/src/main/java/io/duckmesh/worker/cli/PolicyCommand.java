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
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** How a table is kept. */
@Command(
    name = "policy",
    description =
        "Shows or changes how a table is kept; without a name, all tables that say nothing"
            + " themselves. A value of - is no wish any more.",
    footer = {
      "",
      "Examples:",
      "  duckmesh policy trips --compaction 01:00-05:00 --keep-snapshots 30d",
      "  duckmesh policy trips --keep-rows 90d --keep-rows-by picked_up_at",
      "  duckmesh policy --keep-at-least 100"
    })
public final class PolicyCommand implements Callable<Integer> {
  private static final String TENANT = "/v1/maintenance/policy";
  private static final List<String> FIELDS =
      List.of("compaction", "target_file_bytes", "keep_snapshots", "keep_at_least");

  @Mixin private final GatewayOptions gatewayOptions = new GatewayOptions();

  @Parameters(paramLabel = "TABLE", arity = "0..1", description = "The table.")
  private @Nullable String table;

  @Option(
      names = "--compaction",
      paramLabel = "WHEN",
      description = "When files are merged: always, off, or hours in UTC such as 01:00-05:00.")
  private @Nullable String compaction;

  @Option(
      names = "--target-file-bytes",
      paramLabel = "BYTES",
      description = "Size that merged files should have.")
  private @Nullable String targetFileBytes;

  @Option(
      names = "--keep-snapshots",
      paramLabel = "TIME",
      description = "How long snapshots can be read, for example 30d.")
  private @Nullable String keepSnapshots;

  @Option(
      names = "--keep-at-least",
      paramLabel = "N",
      description = "How many of the newest snapshots can be read, at least.")
  private @Nullable String keepAtLeast;

  @Option(
      names = "--keep-rows",
      paramLabel = "TIME",
      description = "How long rows stay, for example 90d; needs --keep-rows-by.")
  private @Nullable String keepRows;

  @Option(
      names = "--keep-rows-by",
      paramLabel = "COLUMN",
      description = "The column that says how old a row is.")
  private @Nullable String keepRowsBy;

  @Option(
      names = "--sort-by",
      split = ",",
      paramLabel = "COLUMN",
      description = "Columns by which rows are sorted in files that are merged from now on.")
  private @Nullable List<String> sortBy;

  @Option(names = "--json", description = "The policy as the gateway answers it.")
  private boolean json;

  @Override
  public Integer call() {
    Gateway gateway = gatewayOptions.gateway();
    ObjectNode changes = changes();
    String name = table;
    JsonNode policy;
    JsonNode sorted = null;
    if (name == null) {
      if (sortBy != null || changes.has("row_retention")) {
        throw new CommandFailedException("Columns are of tables: name the table");
      }
      policy = changes.isEmpty() ? tenant(gateway) : replaceTenant(gateway, changes);
    } else {
      String path = "/v1/tables/" + Gateway.encode(name);
      ObjectNode body = Gateway.JSON.createObjectNode();
      if (!changes.isEmpty()) {
        body.set("policy", changes);
      }
      if (sortBy != null) {
        ArrayNode columns = body.putArray("sort_by");
        sortBy.stream().filter(column -> !column.equals("-")).forEach(columns::add);
      }
      JsonNode answer =
          body.isEmpty()
              ? gateway.get(path, MaintenanceRuns.TIMEOUT)
              : gateway.patch(path, body, MaintenanceRuns.TIMEOUT);
      policy = answer.path("policy");
      sorted = answer.path("sort_by");
    }
    if (json) {
      Terminal.out().println(policy.toPrettyString());
    } else {
      print(policy, sorted, name != null);
    }
    return 0;
  }

  private ObjectNode changes() {
    ObjectNode changes = Gateway.JSON.createObjectNode();
    putText(changes, "compaction", compaction);
    putNumber(changes, "target_file_bytes", targetFileBytes);
    putText(changes, "keep_snapshots", keepSnapshots);
    putNumber(changes, "keep_at_least", keepAtLeast);
    if ("-".equals(keepRows)) {
      changes.putNull("row_retention");
    } else if (keepRows != null || keepRowsBy != null) {
      if (keepRows == null || keepRowsBy == null) {
        throw new CommandFailedException("--keep-rows and --keep-rows-by belong together");
      }
      changes.putObject("row_retention").put("column", keepRowsBy).put("keep", keepRows);
    }
    return changes;
  }

  private static void putText(ObjectNode changes, String field, @Nullable String value) {
    if ("-".equals(value)) {
      changes.putNull(field);
    } else if (value != null) {
      changes.put(field, value);
    }
  }

  private static void putNumber(ObjectNode changes, String field, @Nullable String value) {
    if (value == null || value.equals("-")) {
      putText(changes, field, value);
      return;
    }
    try {
      changes.put(field, Long.parseLong(value));
    } catch (NumberFormatException e) {
      throw new CommandFailedException("%s is a number, not %s".formatted(field, value), e);
    }
  }

  private static JsonNode tenant(Gateway gateway) {
    return gateway.get(TENANT, MaintenanceRuns.TIMEOUT);
  }

  /** The gateway replaces the whole, so what was set before goes with it. */
  private static JsonNode replaceTenant(Gateway gateway, ObjectNode changes) {
    JsonNode before = tenant(gateway);
    ObjectNode body = Gateway.JSON.createObjectNode();
    before.path("own").forEach(field -> body.set(field.asString(), before.path(field.asString())));
    body.setAll(changes);
    return gateway.put(TENANT, body, MaintenanceRuns.TIMEOUT);
  }

  private static void print(JsonNode policy, @Nullable JsonNode sorted, boolean ofTable) {
    List<String> own = new ArrayList<>();
    policy.path("own").forEach(field -> own.add(field.asString()));
    TextTable list = TextTable.of("setting", "value", "from");
    String otherwise = ofTable ? "tenant or default" : "default";
    for (String field : FIELDS) {
      list.add(
          field,
          text(policy, field),
          own.contains(field) ? ofTable ? "table" : "tenant" : otherwise);
    }
    if (ofTable) {
      JsonNode rows = policy.path("row_retention");
      list.add(
          "row_retention",
          rows.isObject() ? "%s by %s".formatted(text(rows, "keep"), text(rows, "column")) : "",
          rows.isObject() ? "table" : "");
    }
    if (sorted != null) {
      List<String> columns = new ArrayList<>();
      sorted.forEach(column -> columns.add(column.asString()));
      list.add("sort_by", String.join(", ", columns), "table");
    }
    list.print(Terminal.out());
  }
}
