package io.duckmesh.catalog.upkeep;

import io.duckmesh.catalog.Snapshot;
import io.duckmesh.catalog.SnapshotExpiredException;
import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.SnapshotNotFoundException;
import io.duckmesh.catalog.TableExistsException;
import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.TableNotFoundException;
import io.duckmesh.catalog.TenantId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Going back to an earlier state, as a new snapshot. No object is copied. Names are in any case.
 */
public interface Restores {
  /**
   * What {@link #restore} would do now.
   *
   * @throws TableNotFoundException if no live table has that name, or it did not exist then
   * @throws SnapshotExpiredException if the table can not be read there any more
   * @throws SnapshotNotFoundException if the tenant never had the snapshot
   */
  RestorePlan plan(TenantId tenant, String tableName, SnapshotId to);

  /**
   * Gives the table the files that it had at the snapshot. Its schema, settings and event keys stay
   * as they are now. Batches that land at the same time come before or after it, whole.
   *
   * @throws TableNotFoundException if no live table has that name, or it did not exist then
   * @throws SnapshotExpiredException if the table can not be read there any more
   * @throws SnapshotNotFoundException if the tenant never had the snapshot
   */
  Restored restore(TenantId tenant, String tableName, SnapshotId to);

  /** Gives back the table of that name that was dropped last. */
  default Snapshot undrop(TenantId tenant, String tableName) {
    return undrop(tenant, tableName, null);
  }

  /**
   * Gives back a dropped table; snapshots from the drop until the returned one still do not have
   * it.
   *
   * @param table the one that is meant, of several that had the name; null for the one that was
   *     dropped last
   * @throws TableNotFoundException if no dropped table has that name, or the one that is meant has
   *     not
   * @throws TableExistsException if a live table has that name
   * @throws SnapshotExpiredException if the last snapshot that had it can not be read any more
   */
  Snapshot undrop(TenantId tenant, String tableName, @Nullable TableId table);

  /**
   * Dropped tables that {@link #undrop(TenantId, String, TableId)} can give back if their names are
   * free, newest drop first. Several may have had the same name.
   */
  List<DroppedTable> dropped(TenantId tenant);
}
