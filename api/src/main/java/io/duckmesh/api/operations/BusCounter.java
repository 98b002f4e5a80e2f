package io.duckmesh.api.operations;

import io.duckmesh.bus.EventBus;
import io.duckmesh.bus.Position;
import io.duckmesh.bus.SegmentCount;
import io.duckmesh.bus.ShardStatus;
import io.duckmesh.catalog.ShardId;
import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.conservation.LogCounter;
import io.duckmesh.catalog.conservation.LogCounts;
import io.duckmesh.engine.segment.SegmentCodec;
import java.util.HashMap;
import java.util.Map;

/** Counts in the log what has not landed. */
final class BusCounter implements LogCounter {
  private final EventBus bus;

  BusCounter(EventBus bus) {
    this.bus = bus;
  }

  @Override
  public LogCounts count(ShardId shardId, long after) {
    io.duckmesh.bus.ShardId shard = new io.duckmesh.bus.ShardId(shardId.value());
    ShardStatus status = bus.status(shard);
    long segments = 0;
    long rows = 0;
    Map<TableId, Long> byTable = new HashMap<>();
    if (status.head().value() > after) {
      for (SegmentCount count :
          bus.count(shard, new Position(after), status.head(), SegmentCodec.TABLE_PREFIX_BYTES)) {
        segments += count.segments();
        rows += count.rows();
        SegmentCodec.tableOf(count.prefix())
            .ifPresent(table -> byTable.merge(new TableId(table), count.rows(), Long::sum));
      }
    }
    long acked = segments == status.head().value() - after ? status.acked().value() : acked(shard);
    return new LogCounts(
        status.head().value(), status.appendedRows(), acked, segments, rows, byTable);
  }

  /** Anew, since what was counted may have been freed meanwhile. */
  private long acked(io.duckmesh.bus.ShardId shard) {
    return bus.status(shard).acked().value();
  }
}
