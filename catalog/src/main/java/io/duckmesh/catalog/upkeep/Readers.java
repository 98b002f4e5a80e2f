package io.duckmesh.catalog.upkeep;

import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.TenantId;
import java.time.Duration;
import java.util.Collection;

/** Snapshots that queries are reading, so that their files stay although they expire. */
public interface Readers {
  /**
   * Replaces what the reader reads of the tenant. Files that one of these snapshots has are not
   * deleted before the lease is over.
   *
   * @param reader name of the process, unique among all that ever run
   * @param snapshots may be empty
   */
  void hold(String reader, TenantId tenant, Collection<SnapshotId> snapshots, Duration lease);

  /** The reader reads nothing any more. */
  void release(String reader);
}
