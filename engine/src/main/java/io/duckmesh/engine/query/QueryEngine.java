package io.duckmesh.engine.query;

import java.util.List;

/** Runs SQL over bound tables, for one tenant at a time in an instance that sees only its files. */
public interface QueryEngine extends AutoCloseable {
  /**
   * Parses the statement without running anything. Asking again for the same text is cheap.
   *
   * @throws QueryRejectedException if it is not one SELECT over named tables with allowed functions
   */
  CheckedQuery check(String sql);

  /**
   * Starts the statement: waits for a slot and for files that are not on this machine yet, and
   * computes the first rows, so most failures come from here. The answer's columns are known when
   * this returns; further rows come as they are written. The caller closes the execution, which
   * frees its slot. What the object store throws for a file passes through.
   *
   * @param queryId names it in logs
   * @param tenant whose files may be read
   * @param parameters values for all parameters of the statement and no others
   * @throws QueryRejectedException if it does not bind: an unknown column, a wrong type, a
   *     parameter without a value
   * @throws QueryFailedException if it fails while running
   * @throws QueryTimeoutException if the time is over
   * @throws QueryOverloadedException if the tenant has no slot for it
   * @throws QueryCancelledException if the calling thread was interrupted while it waited
   */
  QueryExecution start(
      String queryId,
      String tenant,
      CheckedQuery query,
      List<BoundTable> tables,
      QueryParameters parameters,
      QueryLimits limits);

  /** The same for a statement that may be cancelled while it starts, too. */
  default QueryExecution start(
      String queryId,
      String tenant,
      CheckedQuery query,
      List<BoundTable> tables,
      QueryParameters parameters,
      QueryLimits limits,
      QueryCancellation cancellation) {
    QueryExecution execution = start(queryId, tenant, query, tables, parameters, limits);
    cancellation.onCancel(execution::cancel);
    return execution;
  }

  /**
   * The same, measured.
   *
   * @param meter of this statement alone
   */
  default QueryExecution start(
      String queryId,
      String tenant,
      CheckedQuery query,
      List<BoundTable> tables,
      QueryParameters parameters,
      QueryLimits limits,
      QueryCancellation cancellation,
      QueryMeter meter) {
    return start(queryId, tenant, query, tables, parameters, limits, cancellation);
  }

  /**
   * Gets a file onto this machine before a query asks for it. Nothing holds it there; a query that
   * comes in the meantime waits for the same download. What the object store throws passes through.
   */
  void prefetch(BoundTable.TableFile file) throws InterruptedException;

  /**
   * Opens what the tenant's next query would have to open, by running a statement. Not needed, and
   * repeatable at little cost. Throws what {@link #start} throws.
   */
  void warm(String tenant);

  /**
   * Names what computes answers: two engines of one version write the same answer to the same
   * statement over the same tables, as far as the statement itself leaves nothing open.
   */
  String version();

  /** What there is of processes; {@link QueryProcesses#NONE} of an engine that has none. */
  default QueryProcesses processes() {
    return QueryProcesses.NONE;
  }

  /** Cancels what runs and frees everything. May be called more than once. */
  @Override
  void close();
}
