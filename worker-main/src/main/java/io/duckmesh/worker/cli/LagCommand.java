package io.duckmesh.worker.cli;

import static io.duckmesh.worker.cli.Gateway.text;

import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;

/** How far the tables are behind what was accepted. */
@Command(
    name = "lag",
    description = "Shows how far each shard is behind what was accepted, and what became of it.")
public final class LagCommand implements Callable<Integer> {
  @Mixin private final GatewayOptions gatewayOptions = new GatewayOptions();

  @Option(names = "--json", description = "The gateway's whole answer.")
  private boolean json;

  @Override
  public Integer call() {
    JsonNode answer = gatewayOptions.gateway().get("/v1/lag", Duration.ofSeconds(30));
    if (json) {
      Terminal.out().println(answer.toPrettyString());
      return 0;
    }
    TextTable table =
        TextTable.of(
            "shard",
            "#head",
            "#watermark",
            "#snapshot_id",
            "#backlog_rows",
            "#backlog_bytes",
            "#oldest_age_seconds");
    for (JsonNode shard : answer.path("shards")) {
      table.add(
          text(shard, "shard"),
          text(shard, "head"),
          text(shard, "watermark"),
          text(shard, "snapshot_id"),
          text(shard, "backlog_rows"),
          text(shard, "backlog_bytes"),
          text(shard, "oldest_age_seconds"));
    }
    table.print(Terminal.out());
    Terminal.out().println();
    TextTable counts =
        TextTable.of(
            "table",
            "shard",
            "#accepted",
            "#visible",
            "#duplicates",
            "#quarantined",
            "#pending",
            "balanced");
    for (JsonNode each : answer.path("tables")) {
      for (JsonNode shard : each.path("shards")) {
        counts.add(
            text(each, "table"),
            text(shard, "shard"),
            text(shard, "accepted"),
            text(shard, "visible"),
            text(shard, "duplicates"),
            text(shard, "quarantined"),
            text(shard, "pending"),
            text(shard, "balanced"));
      }
    }
    for (JsonNode shard : answer.path("shards")) {
      counts.add(
          "(all)",
          text(shard, "shard"),
          text(shard, "accepted_rows"),
          text(shard, "visible"),
          text(shard, "duplicates"),
          text(shard, "quarantined"),
          text(shard, "pending"),
          text(shard, "balanced"));
    }
    counts.print(Terminal.out());
    return 0;
  }
}
