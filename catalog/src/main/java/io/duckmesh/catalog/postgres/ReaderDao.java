package io.duckmesh.catalog.postgres;

import java.time.Instant;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;

interface ReaderDao {
  @SqlUpdate(
      """
      INSERT INTO catalog.reader (reader, tenant_id, snapshot_ids, leased_until)
      VALUES (:reader, :tenantId, :snapshotIds, :leasedUntil)
      ON CONFLICT (reader, tenant_id) DO UPDATE
      SET snapshot_ids = EXCLUDED.snapshot_ids,
          leased_until = EXCLUDED.leased_until
      """)
  void hold(String reader, String tenantId, long[] snapshotIds, Instant leasedUntil);

  @SqlUpdate(
      """
      DELETE FROM catalog.reader
      WHERE reader = :reader
        AND tenant_id = :tenantId
      """)
  void release(String reader, String tenantId);

  @SqlUpdate(
      """
      DELETE FROM catalog.reader
      WHERE reader = :reader
      """)
  void release(String reader);
}
