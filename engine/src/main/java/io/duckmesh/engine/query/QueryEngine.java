package io.duckmesh.engine.query;

import java.util.List;

/** Runs SQL over bound tables, for one tenant at a time in an instance that sees only its files. */
public interface QueryEngine extends AutoCloseable {
  /**
   * Parses the statement without running anything.
   *
   * @throws QueryRejectedException if it is not one SELECT over named tables with allowed functions
   */
  CheckedQuery check(String sql);

  /**
   * Starts the statement. The answer's columns are known when this returns; rows come as they are
   * written. The caller closes the execution, which frees its slot.
   *
   * @param queryId names it in logs
   * @param tenant whose files may be read
   * @param parameters values for {@code ?} in order; null, Boolean, Long, Double, BigDecimal or
   *     String
   * @throws QueryRejectedException if it does not bind: an unknown column, a wrong type
   * @throws QueryFailedException if it fails while running
   * @throws QueryTimeoutException if the time is over
   */
  QueryExecution start(
      String queryId,
      String tenant,
      CheckedQuery query,
      List<BoundTable> tables,
      List<? extends @org.jspecify.annotations.Nullable Object> parameters,
      QueryLimits limits);

  @Override
  void close();
}
