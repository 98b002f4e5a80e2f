package io.duckmesh.worker.cli;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;

/** How far the tables are behind what was accepted. */
@Command(name = "lag", description = "Shows how far each shard is behind what was accepted.")
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
    List<JsonNode> shards = new ArrayList<>();
    answer.path("shards").forEach(shards::add);
    Set<String> names = new LinkedHashSet<>();
    shards.forEach(
        shard ->
            shard
                .properties()
                .forEach(
                    field -> {
                      if (!field.getValue().isContainer()) {
                        names.add(field.getKey());
                      }
                    }));
    List<String> types =
        names.stream()
            .map(
                name ->
                    shards.stream().anyMatch(shard -> shard.path(name).isNumber())
                        ? "NUMBER"
                        : "VARCHAR")
            .toList();
    TextTable table = TextTable.of(List.copyOf(names), types);
    for (JsonNode shard : shards) {
      table.add(
          names.stream()
              .map(shard::path)
              .map(value -> value.isNull() || value.isMissingNode() ? "" : value.asString(""))
              .toList());
    }
    table.print(Terminal.out());
    return 0;
  }
}
