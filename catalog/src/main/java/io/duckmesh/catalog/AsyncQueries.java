package io.duckmesh.catalog;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Asynchronous queries: submitted, claimed by whoever runs them, ended, forgotten. A claim is a
 * lease; what its owner does not extend is lost and fails. Of an owner that has lost its lease
 * nothing is taken any more.
 *
 * <p>The object of a result is known here before it is written and until it was deleted, so none is
 * ever left behind.
 *
 * <p>Also carries the wish to cancel a query to the process that runs it, whichever that is.
 */
public interface AsyncQueries {
  /**
   * Submits a query. Repeatable: one with the id and the request's hash of an earlier one is
   * answered with that, as it stands.
   *
   * @param maxQueued how many of the tenant may wait
   * @throws QueryIdTakenException if the tenant has another query of the id
   * @throws QueryQueueFullException if so many wait
   * @throws IllegalArgumentException if there is no such tenant
   */
  AsyncQuery submit(QueryDraft draft, int maxQueued);

  Optional<AsyncQuery> find(TenantId tenant, QueryId id);

  /**
   * Waits until the query has ended; woken within milliseconds by whichever process ends it.
   *
   * @return the query as it stands when it has ended or the time is over; empty if there is none
   */
  Optional<AsyncQuery> await(TenantId tenant, QueryId id, Duration timeout)
      throws InterruptedException;

  /**
   * Cancels a query that waits, and asks the owner of one that runs to do so. Does nothing to one
   * that has ended. Repeatable.
   *
   * @param error why a waiting one does not succeed, in words of the caller
   * @return the query as it stands then; empty if there is none
   */
  Optional<AsyncQuery> cancel(TenantId tenant, QueryId id, String outcome, String error);

  /**
   * Takes queries that wait: of each tenant those that have waited longest, and of tenants those
   * first that have fewest running.
   *
   * @param maxRunning how many of one tenant may run at once, wherever
   */
  List<ClaimedQuery> claim(String owner, int limit, int maxRunning, Duration lease);

  /**
   * Says where the result will be; to be called before anything is written there.
   *
   * @return false if the query is no longer the owner's
   */
  boolean registerResult(ClaimedQuery claimed, String objectKey);

  /**
   * Extends the leases and says how far the queries are.
   *
   * @return those that are to be stopped: they are to be cancelled, or are no longer the owner's
   */
  List<QueryId> keep(String owner, List<QueryProgress> running, Duration lease);

  /**
   * Ends a query, and keeps it in {@link QueryHistory}, in one transaction.
   *
   * @return false if the query is no longer the owner's; nothing changed then
   */
  boolean finish(ClaimedQuery claimed, QueryEnding ending);

  /**
   * Lets a query wait again in its old place, as if it had never been claimed. Only if nothing was
   * published as its result, and nothing will be.
   *
   * @return false if the query is no longer the owner's; nothing changed then
   */
  boolean requeue(ClaimedQuery claimed);

  /**
   * Fails queries whose lease is over, and keeps them in {@link QueryHistory}.
   *
   * @param keepResult how long their objects stay: until no lost owner can be writing any more
   * @return what was lost, at most so many
   */
  List<AsyncQuery> failLost(String outcome, String error, Duration keepResult, int limit);

  /**
   * Results whose time is over; those of queries that succeeded count as expired from now on. To be
   * deleted, and then {@link #resultsDeleted}. Repeatable.
   */
  List<StoredResult> expireResults(int limit);

  /** Forgets results whose objects are no longer there. */
  void resultsDeleted(Collection<StoredResult> results);

  /**
   * Forgets queries that ended before that time and have no result any more, at most so many.
   *
   * @return how many
   */
  int forgetFinished(Instant before, int limit);

  /** Waits until something may wait to be claimed, or the time is over. */
  void awaitQueued(Duration timeout) throws InterruptedException;

  /**
   * Asks every process to cancel a query that runs there.
   *
   * @param keyId only if this key asked it; null: whoever did
   * @param timeout how long an answer is waited for
   * @return whether one has said that the query runs there
   */
  boolean signalCancel(TenantId tenant, QueryId id, @Nullable String keyId, Duration timeout)
      throws InterruptedException;

  /** Lets the listener hear of every {@link #signalCancel} and {@link #cancel} from now on. */
  void listen(CancelListener listener);
}
