package io.duckmesh.engine.query;

import java.util.List;
import org.jspecify.annotations.Nullable;

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
   * @param parameters values for {@code ?} in order; null, Boolean, Long, Double, BigDecimal or
   *     String
   * @throws QueryRejectedException if it does not bind: an unknown column, a wrong type
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
      List<? extends @Nullable Object> parameters,
      QueryLimits limits);

  /** The same for a statement that may be cancelled while it starts, too. */
  default QueryExecution start(
      String queryId,
      String tenant,
      CheckedQuery query,
      List<BoundTable> tables,
      List<? extends @Nullable Object> parameters,
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
      List<? extends @Nullable Object> parameters,
      QueryLimits limits,
      QueryCancellation cancellation,
      QueryMeter meter) {
    return start(queryId, tenant, query, tables, parameters, limits, cancellation);
  }

  /**
   * Names what computes answers: two engines of one version write the same answer to the same
   * statement over the same tables, as far as the statement itself leaves nothing open.
   */
  String version();

  /** Cancels what runs and frees everything. May be called more than once. */
  @Override
  void close();
}
