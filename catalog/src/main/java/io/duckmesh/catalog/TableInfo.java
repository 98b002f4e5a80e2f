package io.duckmesh.catalog;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A table with its schema as of some snapshot.
 *
 * @param shards where its events go, by ordinal; fixed when the table is created
 * @param createdIn the snapshot that first has the table
 * @param droppedIn the first snapshot that has it no more, null while it lives; always null in what
 *     a snapshot tells of its tables, since they live in it
 */
public record TableInfo(
    TableId id,
    TenantId tenant,
    String name,
    TableSchema schema,
    List<String> eventKey,
    List<String> sortBy,
    TableSettings settings,
    List<ShardId> shards,
    SnapshotId createdIn,
    @Nullable SnapshotId droppedIn,
    Instant createdAt) {
  public TableInfo {
    requireNonNull(id, "id is null");
    requireNonNull(tenant, "tenant is null");
    requireNonNull(name, "name is null");
    requireNonNull(schema, "schema is null");
    requireNonNull(settings, "settings is null");
    requireNonNull(createdIn, "createdIn is null");
    requireNonNull(createdAt, "createdAt is null");
    eventKey = List.copyOf(eventKey);
    sortBy = List.copyOf(sortBy);
    shards = List.copyOf(shards);
  }

  public boolean dropped() {
    return droppedIn != null;
  }
}
