package io.duckmesh.api.operations;

import io.duckmesh.api.auth.Caller;
import io.duckmesh.api.auth.RequiresRole;
import io.duckmesh.api.json.ApiJson;
import io.duckmesh.bus.EventBus;
import io.duckmesh.bus.ShardStatus;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.Role;
import io.duckmesh.catalog.TableCounts;
import io.duckmesh.catalog.TableInfo;
import io.duckmesh.catalog.Watermark;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** {@code GET /v1/lag}: how far landing is behind accepting, per shard and table. */
@RestController
public final class LagController {
  private final Catalog catalog;
  private final EventBus bus;
  private final Clock clock;

  public LagController(Catalog catalog, EventBus bus, Clock clock) {
    this.catalog = catalog;
    this.bus = bus;
    this.clock = clock;
  }

  record LagAnswer(List<ShardLag> shards, List<TableLag> tables) {}

  /**
   * @param acceptedRows events ever accepted on the shard
   * @param backlogSegments positions above the watermark
   */
  record ShardLag(
      String shard,
      long head,
      long watermark,
      long snapshotId,
      long acked,
      long acceptedRows,
      long backlogSegments,
      long backlogRows,
      long backlogBytes,
      @Nullable Instant oldestAt,
      @Nullable Double oldestAgeSeconds,
      @Nullable LeaseAnswer lease) {}

  record LeaseAnswer(String consumer, long upTo, Instant leasedUntil) {}

  record TableLag(String table, String tableId, long visible, long duplicates, long quarantined) {}

  @GetMapping("/v1/lag")
  @RequiresRole(Role.OPS_ADMIN)
  void lag(Caller caller, HttpServletResponse response) throws IOException {
    // The watermarks first: what lands in between then shows as a backlog that is too large for a
    // moment, and never as a negative one.
    Map<String, Watermark> watermarks =
        catalog.watermarks().list().stream()
            .filter(watermark -> watermark.tenant().equals(caller.tenant()))
            .collect(Collectors.toMap(watermark -> watermark.shard().value(), Function.identity()));
    List<ShardLag> shards = new ArrayList<>();
    for (ShardStatus status : bus.statuses()) {
      Watermark watermark = watermarks.get(status.shard().value());
      if (watermark != null) {
        shards.add(shardLag(status, watermark));
      }
    }
    List<TableLag> tables = new ArrayList<>();
    for (TableInfo table : catalog.tables().list(caller.tenant())) {
      TableCounts counts = catalog.tables().counts(table.id());
      tables.add(
          new TableLag(
              table.name(),
              table.id().toString(),
              counts.visible(),
              counts.duplicates(),
              counts.quarantined()));
    }
    ApiJson.write(response, 200, new LagAnswer(shards, tables));
  }

  private ShardLag shardLag(ShardStatus status, Watermark watermark) {
    long head = status.head().value();
    Instant oldest = head > watermark.position() ? status.oldestUnacked() : null;
    ShardStatus.Lease lease = status.lease();
    return new ShardLag(
        status.shard().value(),
        head,
        watermark.position(),
        watermark.snapshot().value(),
        status.acked().value(),
        status.appendedRows(),
        head - watermark.position(),
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
