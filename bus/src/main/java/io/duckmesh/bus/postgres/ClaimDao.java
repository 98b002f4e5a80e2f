package io.duckmesh.bus.postgres;

import java.time.Instant;
import java.util.Optional;
import org.jdbi.v3.sqlobject.config.RegisterConstructorMapper;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;

/** Claims, acknowledgements, and the hints between those who publish and those who claim. */
@RegisterConstructorMapper(ClaimDao.LeaseRow.class)
@RegisterConstructorMapper(ClaimDao.HeldBackRow.class)
interface ClaimDao {
  record LeaseRow(long acked, long upTo) {}

  record HeldBackRow(int segmentCount, long rowCount, long sizeBytes) {}

  /** Keeps every other change of the shard's claim waiting until the transaction ends. */
  @SqlQuery("SELECT shard_no FROM bus.shard_claim WHERE shard_no = :shardNo FOR NO KEY UPDATE")
  int lock(int shardNo);

  /** Starts the next claim; returns the end of its lease. */
  @SqlQuery(
      """
      UPDATE bus.shard_claim
      SET claim = claim + 1,
          consumer = :consumer,
          up_to = :upTo,
          leased_until = clock_timestamp() + :leaseSeconds * interval '1 second'
      WHERE shard_no = :shardNo
      RETURNING leased_until
      """)
  Instant claim(int shardNo, String consumer, long upTo, double leaseSeconds);

  /** The lease if {@code claim} is the shard's live claim; locks it. */
  @SqlQuery(
      """
      SELECT acked, up_to
      FROM bus.shard_claim
      WHERE shard_no = :shardNo AND claim = :claim AND leased_until > clock_timestamp()
      FOR NO KEY UPDATE
      """)
  Optional<LeaseRow> lockLease(int shardNo, long claim);

  @SqlUpdate(
      """
      UPDATE bus.shard_claim
      SET leased_until = clock_timestamp() + :leaseSeconds * interval '1 second'
      WHERE shard_no = :shardNo AND claim = :claim AND leased_until > clock_timestamp()
      """)
  int extend(int shardNo, long claim, double leaseSeconds);

  @SqlUpdate(
      """
      UPDATE bus.shard_claim
      SET consumer = NULL, up_to = NULL, leased_until = NULL
      WHERE shard_no = :shardNo AND claim = :claim AND consumer IS NOT NULL
      """)
  int release(int shardNo, long claim);

  @SqlUpdate(
      """
      UPDATE bus.shard_claim
      SET consumer = NULL, up_to = NULL, leased_until = NULL
      WHERE leased_until <= clock_timestamp()
      """)
  int releaseExpired();

  @SqlUpdate(
      """
      UPDATE bus.shard_claim
      SET acked = :acked, acked_rows = :ackedRows, acked_bytes = :ackedBytes,
          consumer = NULL, up_to = NULL, leased_until = NULL
      WHERE shard_no = :shardNo
      """)
  void acknowledge(int shardNo, long acked, long ackedRows, long ackedBytes);

  /** What is not delivered of the positions after {@code after} up to {@code upTo}. */
  @SqlQuery(
      """
      SELECT count(*) AS segment_count,
             coalesce(sum(row_count), 0) AS row_count,
             coalesce(sum(size_bytes), 0) AS size_bytes
      FROM bus.nacked
      WHERE shard_no = :shardNo AND position > :after AND position <= :upTo
      """)
  HeldBackRow sumHeldBack(int shardNo, long after, long upTo);

  /** Tells those who wait for the shard's lease to end. */
  @SqlQuery(
      """
      SELECT count(pg_notify('bus_shard', shard_no::text))
      FROM bus.waiter
      WHERE shard_no = :shardNo AND for_lease
      """)
  long notifyLeaseEnded(int shardNo);

  /**
   * Notes the wish to be told when the shard's totals reach the given ones, or when its lease ends.
   */
  @SqlUpdate(
      """
      INSERT INTO bus.waiter (shard_no, listener, wake_rows, wake_bytes, for_lease, since)
      VALUES (:shardNo, :listener, :wakeRows, :wakeBytes, :forLease, clock_timestamp())
      ON CONFLICT (shard_no, listener) DO UPDATE
      SET wake_rows = excluded.wake_rows,
          wake_bytes = excluded.wake_bytes,
          for_lease = excluded.for_lease,
          since = excluded.since
      """)
  void await(int shardNo, long listener, long wakeRows, long wakeBytes, boolean forLease);

  /** Removes the wishes of processes that are gone; those who live renew theirs at every poll. */
  @SqlUpdate("DELETE FROM bus.waiter WHERE since < clock_timestamp() - interval '1 hour'")
  int forgetWaiters();

  /**
   * Notes that somebody waits for {@code upTo}, and tells those who claim; nothing if it is
   * acknowledged or noted already.
   */
  @SqlQuery(
      """
      WITH wanted AS MATERIALIZED (
        SELECT s.shard_no, least(:upTo, s.head) AS position
        FROM bus.shard s
        JOIN bus.shard_claim c USING (shard_no)
        LEFT JOIN bus.flush_request f USING (shard_no)
        WHERE s.shard_no = :shardNo
          AND least(:upTo, s.head) > greatest(c.acked, coalesce(f.position, 0))
      ), noted AS (
        INSERT INTO bus.flush_request AS f (shard_no, position)
        SELECT shard_no, position
        FROM wanted
        ON CONFLICT (shard_no) DO UPDATE
        SET position = excluded.position
        WHERE f.position < excluded.position
      )
      SELECT count(pg_notify('bus_shard', shard_no::text))
      FROM wanted
      """)
  long requestFlush(int shardNo, long upTo);
}
