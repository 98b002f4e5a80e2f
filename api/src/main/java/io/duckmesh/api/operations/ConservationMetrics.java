package io.duckmesh.api.operations;

import io.duckmesh.catalog.conservation.Balance;
import io.duckmesh.catalog.conservation.ShardBalance;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;

/**
 * Gauges of what became of accepted events, per live table and shard, and of what is missing in the
 * whole of a shard.
 */
final class ConservationMetrics {
  private final Map<MultiGauge, ToLongFunction<Balance>> ofTables = new LinkedHashMap<>();
  private final MultiGauge ofShards;

  ConservationMetrics(MeterRegistry registry) {
    add(registry, "accepted", "Events accepted for the table", Balance::accepted);
    add(registry, "visible", "Events in the table's files", Balance::visible);
    add(registry, "duplicate", "Events whose key had landed before", Balance::duplicates);
    add(registry, "quarantined", "Events that could not land", Balance::quarantined);
    add(registry, "pending", "Events above the watermark", Balance::pending);
    add(registry, "missing", "Accepted events that none of the others counts", Balance::missing);
    ofShards =
        MultiGauge.builder("duckmesh.conservation.shard.missing.rows")
            .description("Events that the log accepted and nobody counts")
            .register(registry);
  }

  private void add(
      MeterRegistry registry, String name, String description, ToLongFunction<Balance> value) {
    ofTables.put(
        MultiGauge.builder("duckmesh.conservation." + name + ".rows")
            .description(description)
            .register(registry),
        value);
  }

  /** Shows these balances from now on; those that say nothing are left out. */
  void show(List<ShardBalance> balances) {
    List<ShardBalance> settled = balances.stream().filter(ShardBalance::settled).toList();
    ofTables.forEach(
        (gauge, value) -> {
          List<MultiGauge.Row<?>> rows = new ArrayList<>();
          for (ShardBalance shard : settled) {
            for (ShardBalance.TableBalance table : shard.tables()) {
              if (!table.dropped()) {
                rows.add(
                    MultiGauge.Row.of(
                        tags(shard).and("table", table.name()),
                        value.applyAsLong(table.balance())));
              }
            }
          }
          gauge.register(rows, true);
        });
    ofShards.register(
        settled.stream()
            .<MultiGauge.Row<?>>map(
                shard -> MultiGauge.Row.of(tags(shard), shard.balance().missing()))
            .toList(),
        true);
  }

  private static Tags tags(ShardBalance shard) {
    return Tags.of("tenant", shard.tenant().value(), "shard", shard.shard().value());
  }
}
