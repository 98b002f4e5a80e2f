package io.duckmesh.catalog.postgres;

import java.time.Instant;
import java.time.LocalDate;
import java.util.Optional;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;

/** What is forgotten, and when. */
interface RetentionDao {
  /**
   * The widest key window of tables that live, or that were dropped no longer ago than their
   * window.
   */
  @SqlQuery(
      """
      SELECT max(t.key_window_ms)
      FROM catalog.tenant_table t
      LEFT JOIN catalog.snapshot d
        ON d.tenant_id = t.tenant_id
        AND d.snapshot_id = t.dropped_in
      WHERE d.committed_at IS NULL
        OR d.committed_at + t.key_window_ms * interval '1 millisecond' >= :now
      """)
  Optional<Long> widestWindowMs(Instant now);

  @SqlUpdate(
      """
      DELETE FROM catalog.landed_batch
      WHERE prepared_day < :day
      """)
  int deleteLandedBatches(LocalDate day);

  /**
   * Deletes writes whose keys and landed batch are gone. Those with files that never became part of
   * a snapshot stay, for collection to find.
   */
  @SqlUpdate(
      """
      DELETE FROM catalog.write w
      WHERE w.begun_at < :before
        AND NOT EXISTS (
          SELECT
          FROM catalog.landed_batch b
          WHERE b.write_id = w.write_id)
        AND NOT EXISTS (
          SELECT
          FROM catalog.data_file f
          WHERE f.write_id = w.write_id
            AND f.begin_snapshot IS NULL)
      """)
  int deleteWrites(Instant before);

  @SqlUpdate(
      """
      DELETE FROM catalog.request_key r
      USING catalog.tenant_table t
      WHERE t.table_id = r.table_id
        AND r.claimed_at < CAST(:now AS timestamptz) - t.key_window_ms * interval '1 millisecond'
      """)
  int deleteRequestKeys(Instant now);
}
