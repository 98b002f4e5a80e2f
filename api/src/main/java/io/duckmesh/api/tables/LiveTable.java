package io.duckmesh.api.tables;

import static java.util.Objects.requireNonNull;

import io.duckmesh.bus.ShardId;
import io.duckmesh.catalog.TableInfo;
import io.duckmesh.engine.schema.RowSchema;
import java.util.List;

/**
 * A table as it is now, in the words of all leaves.
 *
 * @param shards its shards in the log, by ordinal
 */
public record LiveTable(TableInfo info, RowSchema schema, List<ShardId> shards) {
  public LiveTable {
    requireNonNull(info, "info is null");
    requireNonNull(schema, "schema is null");
    shards = List.copyOf(shards);
  }

  /** Whether rows for the one are checked as rows for the other. */
  public boolean takesTheSameRowsAs(LiveTable other) {
    return info.id().equals(other.info.id()) && schema.version() == other.schema.version();
  }

  static LiveTable of(TableInfo info) {
    return new LiveTable(
        info,
        Schemas.toRowSchema(info.schema()),
        info.shards().stream().map(shard -> new ShardId(shard.value())).toList());
  }
}
