package io.duckmesh.engine.query.duckdb;

import static java.util.Objects.requireNonNull;

import io.duckmesh.engine.objects.cache.Lease;
import io.duckmesh.engine.query.JsonStyle;
import io.duckmesh.engine.query.ListedTable;
import io.duckmesh.engine.query.QueryCancelledException;
import io.duckmesh.engine.query.QueryExecution;
import io.duckmesh.engine.query.QueryFailedException;
import io.duckmesh.engine.query.QueryLimits;
import io.duckmesh.engine.query.QueryMeter;
import io.duckmesh.engine.query.QueryOverloadedException;
import io.duckmesh.engine.query.QueryRejectedException;
import io.duckmesh.engine.query.QueryTimeoutException;
import io.duckmesh.engine.query.ResultColumn;
import io.duckmesh.engine.query.ResultFormat;
import io.duckmesh.engine.query.ResultSummary;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.BufferUnderflowException;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.duckdb.DuckDBPreparedStatement;
import org.duckdb.DuckDBResultSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One statement on one session, from its slot to the last row. */
final class DuckDbExecution implements QueryExecution {
  private static final Logger log = LoggerFactory.getLogger(DuckDbExecution.class);

  /** DuckDB's own size of a chunk: larger batches would only hold more memory. */
  private static final int BATCH_ROWS = 2048;

  /**
   * An interrupt that comes between two steps of a statement is forgotten by the next one, so it is
   * repeated until the statement has ended.
   */
  private static final long INTERRUPT_AGAIN_MILLIS = 50;

  /** What the driver says when a streamed statement failed before its first row. */
  private static final String MESSAGE_LOST = "Invalid result set";

  /** What Arrow says when a type has more levels than it reads. */
  private static final String TOO_DEEP = "Recursion level in ArrowSchema struct exceeded";

  private static final int MAX_TYPE_DEPTH = 64;

  /** What Arrow reads of a name before it gives up. */
  private static final int MAX_NAME_BYTES = Short.MAX_VALUE;

  private enum Stop {
    TIMEOUT,
    CANCELLED,
    MEMORY
  }

  private final String queryId;
  private final TenantInstance instance;
  private final List<String> hiddenFolders;
  private final ScheduledExecutorService watchdog;
  private final NativeThreads threads;
  private final BufferAllocator parentAllocator;
  private final QueryLimits limits;
  private final QueryMeter meter;
  private final Consumer<DuckDbExecution> onClose;
  private List<Lease> leases = List.of();
  private List<ResultColumn> columns = List.of();
  private @Nullable Statement statement;
  private @Nullable DuckDBResultSet result;
  private @Nullable BufferAllocator allocator;
  private @Nullable ArrowReader reader;
  private @Nullable Session session;
  private boolean materialized;
  private boolean slotTaken;
  private boolean broken;
  private boolean closed;

  private final Object stopLock = new Object();
  private @Nullable Stop stop;
  private @Nullable Session interruptible;
  private @Nullable Thread waiter;
  private @Nullable ScheduledFuture<?> timeout;
  private @Nullable ScheduledFuture<?> interrupting;

  DuckDbExecution(
      String queryId,
      TenantInstance instance,
      List<String> hiddenFolders,
      ScheduledExecutorService watchdog,
      NativeThreads threads,
      BufferAllocator parentAllocator,
      QueryLimits limits,
      QueryMeter meter,
      Consumer<DuckDbExecution> onClose) {
    this.queryId = queryId;
    this.instance = instance;
    this.hiddenFolders = hiddenFolders;
    this.watchdog = watchdog;
    this.threads = threads;
    this.parentAllocator = parentAllocator;
    this.limits = limits;
    this.meter = meter;
    this.onClose = onClose;
  }

  /** Gets files onto this machine. */
  interface Leasing {
    List<Lease> acquire() throws InterruptedException;
  }

  /**
   * Starts the time limit, and waits for a slot and for files, which are kept until this is closed.
   * Both end as soon as the statement is stopped.
   *
   * @throws QueryOverloadedException if there is no slot
   * @throws InterruptedException if the caller was interrupted by somebody else
   */
  void prepare(Leasing leasing) throws InterruptedException {
    beginWaiting();
    try {
      instance.takeSlot();
      slotTaken = true;
      leases = leasing.acquire();
    } catch (InterruptedException e) {
      if (!isStopped()) {
        throw e;
      }
      if (!slotTaken && timedOut()) {
        throw instance.noneEnded(limits.timeout());
      }
      throw stopped(e);
    } finally {
      endWaiting();
    }
    stopIfAsked();
  }

  /**
   * Binds and executes; the answer's first rows are there when this returns. An interrupt of the
   * caller cancels the query.
   */
  void run(
      RunnableStatement runnable,
      List<Binding> bindings,
      List<ListedTable> listed,
      List<? extends @Nullable Object> parameters) {
    Boolean unused =
        threads.call(
            this::cancel,
            () -> {
              boolean understood = false;
              try {
                runNatively(runnable, bindings, listed, parameters);
                understood = true;
              } catch (QueryFailedException
                  | QueryRejectedException
                  | QueryTimeoutException
                  | QueryCancelledException e) {
                understood = true;
                throw e;
              } finally {
                // What else is thrown may have left an answer open, which the session can not drop.
                broken |= !understood;
              }
              return true;
            });
  }

  private void runNatively(
      RunnableStatement runnable,
      List<Binding> bindings,
      List<ListedTable> listed,
      List<? extends @Nullable Object> parameters) {
    try {
      Session taken = instance.session();
      session = taken;
      watch(taken);
      bind(taken, bindings);
      for (CatalogView view : runnable.catalogViews()) {
        taken.bind(view, listed);
      }
      stopIfAsked();
      meter.enter(QueryMeter.Phase.RUN);
      DuckDBResultSet rows =
          runnable.explain()
              ? explain(taken, runnable.sql(), parameters)
              : execute(taken, runnable.sql(), parameters);
      columns = columns(rows.getMetaData());
      BufferAllocator own = parentAllocator.newChildAllocator(queryId, 0, Long.MAX_VALUE);
      allocator = own;
      ArrowReader exported = (ArrowReader) rows.arrowExportStream(own, BATCH_ROWS);
      reader = exported;
      importSchema(exported);
    } catch (SQLException | IOException e) {
      throw failure(e);
    }
  }

  private static void importSchema(ArrowReader exported) throws IOException {
    try {
      var unused = exported.getVectorSchemaRoot();
    } catch (BufferUnderflowException e) {
      throw new QueryRejectedException(
          "A column's name is longer than %d bytes, which no answer holds; give it one with AS"
              .formatted(MAX_NAME_BYTES),
          e);
    } catch (IllegalStateException e) {
      if (!String.valueOf(e.getMessage()).startsWith(TOO_DEEP)) {
        throw e;
      }
      throw new QueryRejectedException(
          "A column's type is nested more than %d levels deep, which no answer holds; cast it to JSON"
              .formatted(MAX_TYPE_DEPTH),
          e);
    }
  }

  /** A view that can not be made is no fault of the statement, whatever DuckDB calls it. */
  private void bind(Session taken, List<Binding> bindings) throws SQLException {
    Set<String> views = new HashSet<>();
    for (Binding binding : bindings) {
      views.add(binding.viewName());
      try {
        taken.bind(binding);
      } catch (SQLException e) {
        if (isStopped() || DuckDbFailures.isFatal(e)) {
          throw e;
        }
        String table = binding.table().reference().name();
        log.error("Cannot bind table query_id={} table={}", queryId, table, e);
        throw new QueryFailedException("Table %s can not be read".formatted(table), e);
      }
    }
    taken.evictViews(views);
  }

  private DuckDBResultSet execute(
      Session taken, String sql, List<? extends @Nullable Object> parameters) throws SQLException {
    try {
      return executeOnce(taken, sql, parameters);
    } catch (SQLException e) {
      if (!String.valueOf(e.getMessage()).contains(MESSAGE_LOST) || isStopped()) {
        throw e;
      }
      // Streaming lost the reason; the same statement as a whole fails with it.
      log.debug("Running again for the error's message query_id={}", queryId);
      materialized = true;
      taken.stream(false);
      return executeOnce(taken, sql, parameters);
    }
  }

  /** The plan comes as a text of ours, which is then selected like any value. */
  private DuckDBResultSet explain(
      Session taken, String sql, List<? extends @Nullable Object> parameters) throws SQLException {
    String plan;
    try (ResultSet rows = executeOnce(taken, DuckDbSql.explain(sql), parameters)) {
      rows.next();
      plan = QueryPlans.text(rows.getString(2));
    }
    return executeOnce(
        taken,
        "SELECT 'physical_plan' AS explain_key, $1::VARCHAR AS explain_value",
        List.of(DuckDbFailures.withoutPaths(plan, hiddenFolders)));
  }

  /** Without parameters nothing is prepared, which would plan the statement twice. */
  private DuckDBResultSet executeOnce(
      Session taken, String sql, List<? extends @Nullable Object> parameters) throws SQLException {
    closeStatement();
    ResultSet rows;
    if (parameters.isEmpty()) {
      Statement direct = taken.statement();
      statement = direct;
      meter.progressFrom(() -> progress(direct));
      rows = direct.executeQuery(sql);
    } else {
      PreparedStatement prepared = taken.prepare(sql);
      statement = prepared;
      meter.progressFrom(() -> progress(prepared));
      for (int i = 0; i < parameters.size(); i++) {
        prepared.setObject(i + 1, parameters.get(i));
      }
      stopIfAsked();
      rows = prepared.executeQuery();
    }
    result = rows.unwrap(DuckDBResultSet.class);
    return result;
  }

  /** What DuckDB says after a while; asked while another thread runs the statement. */
  private static double progress(Statement statement) {
    try {
      double percentage =
          statement.unwrap(DuckDBPreparedStatement.class).getQueryProgress().getPercentage();
      return percentage < 0 ? Double.NaN : Math.min(1, percentage / 100);
    } catch (SQLException e) {
      // The statement has just ended.
      return Double.NaN;
    }
  }

  private static List<ResultColumn> columns(ResultSetMetaData meta) throws SQLException {
    List<ResultColumn> columns = new ArrayList<>();
    for (int i = 1; i <= meta.getColumnCount(); i++) {
      String type = TypeNames.of(meta.getColumnTypeName(i));
      if (type.contains("VARIANT")) {
        throw new QueryRejectedException(
            "Column %s has type %s, which no answer holds; cast it to JSON"
                .formatted(meta.getColumnName(i), type));
      }
      columns.add(new ResultColumn(meta.getColumnName(i), type));
    }
    return columns;
  }

  @Override
  public List<ResultColumn> columns() {
    return columns;
  }

  @Override
  public ResultSummary write(ResultFormat format, JsonStyle style, OutputStream out)
      throws IOException {
    ArrowReader rows = reader;
    if (rows == null) {
      throw new IllegalStateException("Query %s was written already".formatted(queryId));
    }
    return threads.call(this::cancel, () -> writeNatively(format, style, rows, out));
  }

  private ResultSummary writeNatively(
      ResultFormat format, JsonStyle style, ArrowReader rows, OutputStream out) throws IOException {
    ResultBatches batches = () -> loadNextBatch(rows);
    try {
      return switch (format) {
        case JSON_ROWS, NDJSON, CSV ->
            TextResult.write(format, style, columns, rows, batches, limits, out);
        case ARROW -> ArrowResult.write(rows, batches, limits, out);
        case PARQUET -> ParquetResult.write(rows, batches, limits, out);
      };
    } catch (IOException e) {
      // A stream that is waited for gives up when the statement is stopped.
      if (isStopped()) {
        throw stopped(e);
      }
      throw e;
    } finally {
      try {
        closeReader();
      } finally {
        closeStatement();
      }
    }
  }

  /** Reads on; an error of DuckDB is translated here, one of the client's stream is not. */
  private boolean loadNextBatch(ArrowReader rows) {
    stopIfAsked();
    try {
      boolean more = rows.loadNextBatch();
      stopIfAsked();
      return more;
    } catch (IOException e) {
      throw failure(e);
    }
  }

  private RuntimeException failure(Throwable cause) {
    if (isStopped()) {
      return stopped(cause);
    }
    if (DuckDbFailures.isFatal(cause)) {
      broken = true;
      instance.retire();
    }
    return DuckDbFailures.translate(queryId, cause, hiddenFolders);
  }

  // Stopping

  private void beginWaiting() {
    synchronized (stopLock) {
      timeout =
          watchdog.schedule(
              () -> stop(Stop.TIMEOUT), limits.timeout().toNanos(), TimeUnit.NANOSECONDS);
      if (stop == null) {
        waiter = Thread.currentThread();
      } else {
        throw stopped(null);
      }
    }
  }

  /** From here on nobody interrupts the caller's thread; an interrupt of ours that came is over. */
  private void endWaiting() {
    synchronized (stopLock) {
      if (waiter != null && stop != null) {
        var unused = Thread.interrupted();
      }
      waiter = null;
    }
  }

  private void watch(Session taken) {
    synchronized (stopLock) {
      interruptible = taken;
      if (stop != null) {
        interruptRepeatedly();
      }
    }
  }

  @Override
  public void cancel() {
    stop(Stop.CANCELLED);
  }

  /** Ends the statement since the process takes too much memory. */
  void stopForMemory() {
    stop(Stop.MEMORY);
  }

  @Override
  public boolean stopped() {
    return isStopped();
  }

  private void stop(Stop reason) {
    synchronized (stopLock) {
      if (stop == null) {
        stop = reason;
        if (waiter != null) {
          waiter.interrupt();
        }
        if (interruptible != null) {
          interruptRepeatedly();
        }
      }
    }
  }

  /** Under the stop lock. */
  private void interruptRepeatedly() {
    requireNonNull(interruptible).interrupt();
    interrupting =
        watchdog.scheduleWithFixedDelay(
            () -> {
              synchronized (stopLock) {
                if (interruptible != null) {
                  interruptible.interrupt();
                }
              }
            },
            INTERRUPT_AGAIN_MILLIS,
            INTERRUPT_AGAIN_MILLIS,
            TimeUnit.MILLISECONDS);
  }

  private boolean isStopped() {
    synchronized (stopLock) {
      return stop != null;
    }
  }

  private boolean timedOut() {
    synchronized (stopLock) {
      return stop == Stop.TIMEOUT;
    }
  }

  private void stopIfAsked() {
    if (isStopped()) {
      throw stopped(null);
    }
  }

  private RuntimeException stopped(@Nullable Throwable cause) {
    Stop reason;
    synchronized (stopLock) {
      reason = requireNonNull(stop);
    }
    RuntimeException failure =
        switch (reason) {
          case TIMEOUT ->
              new QueryTimeoutException(
                  "Query took longer than its limit of %d ms"
                      .formatted(limits.timeout().toMillis()));
          case CANCELLED ->
              new QueryCancelledException("Query %s was cancelled".formatted(queryId));
          case MEMORY ->
              new QueryFailedException(
                  "Query was stopped since queries took all memory; it can be split or narrowed");
        };
    if (cause != null) {
      failure.initCause(cause);
    }
    return failure;
  }

  private void unwatch() {
    synchronized (stopLock) {
      interruptible = null;
      if (timeout != null) {
        timeout.cancel(false);
      }
      if (interrupting != null) {
        interrupting.cancel(false);
      }
    }
  }

  // The end

  private void closeReader() {
    if (reader != null) {
      DuckDbFailures.closeQuietly(reader);
      reader = null;
    }
    if (allocator != null) {
      allocator.close();
      allocator = null;
    }
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    unwatch();
    try {
      if (reader != null || statement != null) {
        Boolean unused =
            threads.call(
                () -> {
                  closeNatively();
                  return true;
                });
      } else {
        closeNatively();
      }
    } finally {
      leases.forEach(Lease::close);
      if (slotTaken) {
        instance.giveSlotBack();
      }
      instance.leave();
      onClose.accept(this);
    }
  }

  private void closeNatively() {
    try {
      closeReader();
    } finally {
      closeStatement();
      giveSessionBack();
    }
  }

  private void closeStatement() {
    if (result != null) {
      DuckDbFailures.closeQuietly(result);
      result = null;
    }
    if (statement != null) {
      meter.progressFrom(null);
      DuckDbFailures.closeQuietly(statement);
      statement = null;
    }
  }

  private void giveSessionBack() {
    if (session == null) {
      return;
    }
    try {
      if (materialized && !broken) {
        session.stream(true);
      }
    } catch (SQLException e) {
      log.warn("Discarding a session that does not answer query_id={}", queryId, e);
      broken = true;
    }
    if (broken) {
      session.close();
    } else {
      instance.giveBack(session);
    }
  }
}
