package io.duckmesh.api.operations;

import io.duckmesh.api.auth.Caller;
import io.duckmesh.api.auth.RequiresRole;
import io.duckmesh.api.json.ApiJson;
import io.duckmesh.bus.EventBus;
import io.duckmesh.bus.ShardNotFoundException;
import io.duckmesh.bus.ShardStatus;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.Role;
import io.duckmesh.catalog.ShardAccount;
import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.conservation.Balance;
import io.duckmesh.catalog.conservation.Conservation;
import io.duckmesh.catalog.conservation.ShardBalance;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * {@code GET /v1/lag}: how far landing is behind accepting, and what became of everything that was
 * accepted, per shard and table.
 */
@RestController
public final class LagController {
  private static final Logger LOG = LoggerFactory.getLogger(LagController.class);

  private final Catalog catalog;
  private final EventBus bus;
  private final Clock clock;
  private final Conservation conservation;

  public LagController(Catalog catalog, EventBus bus, Clock clock) {
    this.catalog = catalog;
    this.bus = bus;
    this.clock = clock;
    this.conservation = new Conservation(catalog.accounts(), new BusCounter(bus));
  }

  record LagAnswer(List<ShardLag> shards, List<TableLag> tables) {}

  /**
   * @param acceptedRows events ever accepted on the shard
   * @param quarantined events that could not land, also of no known table
   * @param pending events above the watermark
   * @param balanced whether accepted is the sum of the four; null if it could not be told
   * @param backlogSegments positions above the watermark
   */
  record ShardLag(
      String shard,
      long head,
      long watermark,
      long snapshotId,
      long acked,
      long acceptedRows,
      long visible,
      long duplicates,
      long quarantined,
      long pending,
      @Nullable Boolean balanced,
      long backlogSegments,
      long backlogRows,
      long backlogBytes,
      @Nullable Instant oldestAt,
      @Nullable Double oldestAgeSeconds,
      @Nullable LeaseAnswer lease) {}

  record LeaseAnswer(String consumer, long upTo, Instant leasedUntil) {}

  record TableLag(
      String table,
      String tableId,
      long accepted,
      long visible,
      long duplicates,
      long quarantined,
      long pending,
      @Nullable Boolean balanced,
      List<TableShardLag> shards) {}

  /** A table's part of a shard. */
  record TableShardLag(
      String shard,
      long accepted,
      long visible,
      long duplicates,
      long quarantined,
      long pending,
      @Nullable Boolean balanced) {}

  @GetMapping("/v1/lag")
  @RequiresRole(Role.OPS_ADMIN)
  void lag(Caller caller, HttpServletResponse response) throws IOException {
    List<ShardBalance> balances = new ArrayList<>();
    for (ShardAccount account : catalog.accounts().list(caller.tenant())) {
      try {
        balances.add(conservation.measure(account));
      } catch (ShardNotFoundException e) {
        // The log is told of a tenant's shards after the catalog.
        LOG.info("Log does not know the shard yet shard={}", account.shard());
      }
    }
    // After the watermarks: what lands in between then shows as a backlog that is too large for a
    // moment, and never as a negative one.
    Map<String, ShardStatus> statuses =
        bus.statuses().stream()
            .collect(Collectors.toMap(status -> status.shard().value(), Function.identity()));
    List<ShardLag> shards = new ArrayList<>();
    for (ShardBalance balance : balances) {
      ShardStatus status = statuses.get(balance.shard().value());
      if (status != null) {
        shards.add(shardLag(status, balance));
      }
    }
    ApiJson.write(response, 200, new LagAnswer(shards, tables(balances)));
  }

  /** Live tables by name, each with its shards. */
  private static List<TableLag> tables(List<ShardBalance> balances) {
    Map<TableId, String> names = new HashMap<>();
    Map<TableId, List<TableShardLag>> shards = new HashMap<>();
    for (ShardBalance shard : balances) {
      for (ShardBalance.TableBalance table : shard.tables()) {
        if (!table.dropped()) {
          Balance balance = table.balance();
          names.put(table.table(), table.name());
          shards
              .computeIfAbsent(table.table(), id -> new ArrayList<>())
              .add(
                  new TableShardLag(
                      shard.shard().value(),
                      balance.accepted(),
                      balance.visible(),
                      balance.duplicates(),
                      balance.quarantined(),
                      balance.pending(),
                      shard.settled() ? balance.balanced() : null));
        }
      }
    }
    return names.entrySet().stream()
        .sorted(Map.Entry.comparingByValue())
        .map(table -> tableLag(table.getValue(), table.getKey(), shards.get(table.getKey())))
        .toList();
  }

  private static TableLag tableLag(String name, TableId id, @Nullable List<TableShardLag> ofTable) {
    List<TableShardLag> shards = ofTable == null ? List.of() : ofTable;
    boolean settled = shards.stream().allMatch(shard -> shard.balanced() != null);
    return new TableLag(
        name,
        id.toString(),
        shards.stream().mapToLong(TableShardLag::accepted).sum(),
        shards.stream().mapToLong(TableShardLag::visible).sum(),
        shards.stream().mapToLong(TableShardLag::duplicates).sum(),
        shards.stream().mapToLong(TableShardLag::quarantined).sum(),
        shards.stream().mapToLong(TableShardLag::pending).sum(),
        settled ? shards.stream().allMatch(shard -> Boolean.TRUE.equals(shard.balanced())) : null,
        shards);
  }

  private ShardLag shardLag(ShardStatus status, ShardBalance measured) {
    long watermark = measured.account().watermark();
    Balance balance = measured.balance();
    long head = status.head().value();
    Instant oldest = head > watermark ? status.oldestUnacked() : null;
    ShardStatus.Lease lease = status.lease();
    return new ShardLag(
        status.shard().value(),
        head,
        watermark,
        measured.account().snapshot().value(),
        status.acked().value(),
        balance.accepted(),
        balance.visible(),
        balance.duplicates(),
        balance.quarantined(),
        balance.pending(),
        measured.settled() ? balance.balanced() : null,
        head - watermark,
        status.appendedRows() - status.ackedRows(),
        status.backlogBytes(),
        oldest,
        oldest == null ? null : seconds(Duration.between(oldest, clock.instant())),
        lease == null
            ? null
            : new LeaseAnswer(lease.consumer().value(), lease.upTo().value(), lease.leasedUntil()));
  }

  private static double seconds(Duration duration) {
    return Math.max(0, duration.toMillis()) / 1_000.0;
  }
}
