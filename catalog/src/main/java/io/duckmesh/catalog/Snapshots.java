package io.duckmesh.catalog;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * States of a tenant, which never change. Tables are found by names in any case.
 *
 * <p>A snapshot that has expired, wholly or for the table that is asked for, is refused with a
 * {@link SnapshotExpiredException}; there is no way back from that. One that is pinned has not.
 */
public interface Snapshots {
  /** The newest snapshot; a tenant always has one. */
  Snapshot newest(TenantId tenant);

  /**
   * @throws SnapshotNotFoundException if the tenant never had it
   */
  Snapshot load(TenantId tenant, SnapshotId id);

  /**
   * The newest snapshot committed at or before the time. Where the ones around it have expired, a
   * pinned one is not found this way.
   *
   * @throws SnapshotNotFoundException if the first one is later
   */
  Snapshot asOf(TenantId tenant, Instant at);

  /** Snapshots before {@code before} (null: from the newest) that can be read, newest first. */
  List<Snapshot> list(TenantId tenant, @Nullable SnapshotId before, int limit);

  /**
   * Tables that the snapshot has, by name, with their schemas then.
   *
   * @throws SnapshotNotFoundException if the tenant never had it
   */
  List<TableInfo> tables(TenantId tenant, SnapshotId id);

  /**
   * The table of that name at the snapshot, with its files.
   *
   * @throws TableNotFoundException if the snapshot has no such table
   * @throws SnapshotNotFoundException if the tenant never had it
   */
  TableManifest manifest(TenantId tenant, SnapshotId id, String tableName);

  /**
   * What became of the table of that name since an earlier snapshot: enough to make its manifest at
   * {@code id} from the one at {@code after}, at the cost of the changes alone. A table that did
   * not exist then has all its files among the added ones; that another had the name shows in the
   * id.
   *
   * @throws TableNotFoundException if the snapshot has no such table
   * @throws SnapshotNotFoundException if the tenant never had the snapshot
   * @throws IllegalArgumentException if {@code after} is later than {@code id}
   * @throws SnapshotExpiredException if {@code id} has expired; or if {@code after} has and the
   *     table changed from there until it can be read: then {@link #manifest} tells what this can
   *     not
   */
  default ManifestChange changesSince(
      TenantId tenant, SnapshotId after, SnapshotId id, String tableName) {
    if (after.compareTo(id) > 0) {
      throw new IllegalArgumentException(
          "Snapshot %s is later than snapshot %s".formatted(after, id));
    }
    TableManifest now = manifest(tenant, id, tableName);
    Set<String> kept = new HashSet<>();
    Set<String> before = new HashSet<>();
    if (changedIn(tenant, after, tableName).isPresent()) {
      TableManifest then = manifest(tenant, after, tableName);
      if (then.table().id().equals(now.table().id())) {
        then.files().forEach(file -> before.add(file.objectKey()));
      }
    }
    List<DataFile> added = new ArrayList<>();
    for (DataFile file : now.files()) {
      if (before.contains(file.objectKey())) {
        kept.add(file.objectKey());
      } else {
        added.add(file);
      }
    }
    before.removeAll(kept);
    return new ManifestChange(now.table(), now.changedIn(), added, before);
  }

  /**
   * The last snapshot, not after {@code id}, that changed the table of that name; equal answers
   * mean equal manifests. Empty if the snapshot has no such table.
   *
   * @throws SnapshotNotFoundException if the tenant never had it
   */
  Optional<SnapshotId> changedIn(TenantId tenant, SnapshotId id, String tableName);

  /**
   * The newest snapshot together with what {@link #changedIn} says of it for each of the names:
   * what a query needs when it knows the manifests already.
   */
  default NewestTables newestTables(TenantId tenant, Set<String> tableNames) {
    Snapshot newest = newest(tenant);
    Map<String, SnapshotId> changedIn = new HashMap<>();
    for (String name : tableNames) {
      changedIn(tenant, newest.id(), name).ifPresent(id -> changedIn.put(name, id));
    }
    return new NewestTables(newest, changedIn);
  }
}
