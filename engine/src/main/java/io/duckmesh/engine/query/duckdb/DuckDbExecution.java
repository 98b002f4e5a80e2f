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
import io.duckmesh.engine.query.QueryUnavailableException;
import io.duckmesh.engine.query.ResultColumn;
import io.duckmesh.engine.query.ResultFormat;
import io.duckmesh.engine.query.ResultSummary;
import io.duckmesh.engine.query.duckdb.process.FailedStatementException;
import io.duckmesh.engine.query.duckdb.process.ProcessAnswer;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.ClosedByInterruptException;
import java.sql.SQLException;
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
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One statement on one session, from its slot to the last row. */
final class DuckDbExecution implements QueryExecution {
  private static final Logger log = LoggerFactory.getLogger(DuckDbExecution.class);

  /**
   * An interrupt that comes between two steps of a statement is forgotten by the next one, so it is
   * repeated until the statement has ended.
   */
  private static final long INTERRUPT_AGAIN_MILLIS = 25;

  /** How long a statement that is stopped has to end before it is left to itself. */
  private static final long LEAVE_MILLIS = 100;

  private static final int MAX_TYPE_DEPTH = 64;

  /** What Arrow reads of a name before it gives up. */
  private static final int MAX_NAME_BYTES = Short.MAX_VALUE;

  private enum Stop {
    TIMEOUT,
    CANCELLED
  }

  private final String queryId;
  private final TenantInstance instance;
  private final ScheduledExecutorService watchdog;
  private final WorkThreads threads;
  private final BufferAllocator parentAllocator;
  private final QueryLimits limits;
  private final QueryMeter meter;
  private final Consumer<DuckDbExecution> onClose;
  private List<Lease> leases = List.of();
  private List<ResultColumn> columns = List.of();
  private List<Session.Step> steps = List.of();
  private @Nullable ProcessAnswer answer;
  private @Nullable Session session;
  private boolean slotTaken;
  private boolean begun;
  private boolean broken;
  private boolean closed;

  private final Object stopLock = new Object();
  private @Nullable Stop stop;
  private @Nullable Session interruptible;
  private @Nullable Thread waiter;
  private @Nullable ScheduledFuture<?> timeout;
  private @Nullable ScheduledFuture<?> interrupting;
  private @Nullable ScheduledFuture<?> leaving;

  DuckDbExecution(
      String queryId,
      TenantInstance instance,
      ScheduledExecutorService watchdog,
      WorkThreads threads,
      BufferAllocator parentAllocator,
      QueryLimits limits,
      QueryMeter meter,
      Consumer<DuckDbExecution> onClose) {
    this.queryId = queryId;
    this.instance = instance;
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
   * Starts the time limit, and waits for a slot, if it needs one, and for files, which are kept
   * until this is closed. Both end as soon as the statement is stopped.
   *
   * @throws QueryOverloadedException if there is no slot
   * @throws InterruptedException if the caller was interrupted by somebody else
   */
  void prepare(Leasing leasing, boolean needsSlot) throws InterruptedException {
    beginWaiting();
    try {
      if (needsSlot) {
        instance.takeSlot();
        slotTaken = true;
      }
      leases = leasing.acquire();
    } catch (InterruptedException e) {
      if (!isStopped()) {
        throw e;
      }
      if (needsSlot && !slotTaken && timedOut()) {
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
   *
   * @throws InstanceLostException if the instance ended meanwhile
   */
  void run(
      RunnableStatement runnable,
      List<Binding> bindings,
      List<ListedTable> listed,
      List<? extends @Nullable Object> parameters) {
    try {
      Session taken = instance.session();
      session = taken;
      taken.nextQuery();
      watch(taken);
      bind(taken, runnable, bindings, listed);
      stopIfAsked();
      meter.enter(QueryMeter.Phase.RUN);
      meter.progressFrom(taken::progress);
      steps = taken.steps();
      if (runnable.explain()) {
        explain(taken, runnable.sql(), parameters);
      } else {
        answer = query(taken, runnable.sql(), parameters);
      }
      ProcessAnswer rows = requireNonNull(answer);
      columns =
          columns(rows.columns(), rows.reader().getVectorSchemaRoot().getSchema().getFields());
      begun = true;
    } catch (SQLException | IOException e) {
      throw failure(e);
    }
  }

  private void bind(
      Session taken, RunnableStatement runnable, List<Binding> bindings, List<ListedTable> listed) {
    Set<String> views = new HashSet<>();
    for (Binding binding : bindings) {
      views.add(binding.viewName());
      taken.bind(binding);
    }
    taken.evictViews(views);
    for (CatalogView view : runnable.catalogViews()) {
      taken.bind(view, listed);
    }
  }

  private ProcessAnswer query(
      Session taken, String sql, List<? extends @Nullable Object> parameters)
      throws SQLException, IOException {
    return taken.query(
        steps, sql, parameters, parentAllocator.newChildAllocator(queryId, 0, Long.MAX_VALUE));
  }

  /** The plan comes as a text of ours, which is then selected like any value. */
  private void explain(Session taken, String sql, List<? extends @Nullable Object> parameters)
      throws SQLException, IOException {
    answer = query(taken, DuckDbSql.explain(sql), parameters);
    String plan = QueryPlans.text(text(answer));
    closeAnswer();
    steps = List.of();
    answer =
        query(
            taken,
            "SELECT 'physical_plan' AS explain_key, $1::VARCHAR AS explain_value",
            List.of(DuckDbFailures.withoutPaths(plan, instance.hiddenFolders())));
  }

  /** The second column of the one row that there is. */
  private static String text(ProcessAnswer plan) throws SQLException, IOException {
    StringBuilder text = new StringBuilder();
    while (plan.next()) {
      text.append(plan.reader().getVectorSchemaRoot().getVector(1).getObject(0));
    }
    return text.toString();
  }

  private static boolean contains(Field field, Class<? extends ArrowType> type) {
    return type.isInstance(field.getType())
        || field.getChildren().stream().anyMatch(child -> contains(child, type));
  }

  private static List<ResultColumn> columns(List<ProcessAnswer.Column> given, List<Field> fields) {
    List<ResultColumn> columns = new ArrayList<>();
    for (ProcessAnswer.Column column : given) {
      String type = TypeNames.of(column.type());
      Field field = fields.get(columns.size());
      if (type.contains("VARIANT") || contains(field, ArrowType.Union.class)) {
        throw new QueryRejectedException(
            "Column %s has type %s, which no answer holds; cast it to JSON"
                .formatted(column.name(), type));
      }
      if (field.getChildren().stream()
          .anyMatch(child -> contains(child, ArrowType.Interval.class))) {
        throw new QueryRejectedException(
            "Column %s has type %s, and INTERVAL is a column of its own only; cast it to VARCHAR"
                .formatted(column.name(), type));
      }
      columns.add(new ResultColumn(column.name(), type));
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
    ProcessAnswer rows = answer;
    if (rows == null) {
      throw new IllegalStateException("Query %s was written already".formatted(queryId));
    }
    // Making text of rows is work, which would keep a core from all virtual threads.
    return threads.call(this::cancel, () -> writeRows(format, style, rows, out));
  }

  private ResultSummary writeRows(
      ResultFormat format, JsonStyle style, ProcessAnswer rows, OutputStream out)
      throws IOException {
    ResultBatches batches = () -> loadNextBatch(rows);
    ArrowReader reader = rows.reader();
    try {
      return switch (format) {
        case JSON_ROWS, NDJSON, CSV ->
            TextResult.write(format, style, columns, reader, batches, limits, out);
        case ARROW -> ArrowResult.write(reader, batches, limits, out);
        case PARQUET -> ParquetResult.write(reader, batches, limits, out);
      };
    } catch (IOException e) {
      // A stream that is waited for gives up when the statement is stopped.
      if (isStopped()) {
        throw stopped(e);
      }
      throw e;
    } finally {
      closeAnswer();
    }
  }

  /** Reads on; an error of DuckDB is translated here, one of the client's stream is not. */
  private boolean loadNextBatch(ProcessAnswer rows) {
    stopIfAsked();
    try {
      boolean more = rows.next();
      stopIfAsked();
      return more;
    } catch (SQLException | IOException e) {
      throw failure(e);
    }
  }

  private RuntimeException failure(Exception cause) {
    if (cause instanceof ClosedByInterruptException) {
      cancel();
    }
    boolean understood = cause instanceof FailedStatementException;
    broken |= !understood;
    if (isStopped()) {
      return stopped(cause);
    }
    return understood ? failed((FailedStatementException) cause) : lost(cause);
  }

  private RuntimeException failed(FailedStatementException cause) {
    if (cause.isNameTooLong()) {
      return new QueryRejectedException(
          "A column's name is longer than %d bytes, which no answer holds; give it one with AS"
              .formatted(MAX_NAME_BYTES),
          cause);
    }
    if (cause.isTypeTooDeep()) {
      return new QueryRejectedException(
          "A column's type is nested more than %d levels deep, which no answer holds; cast it to JSON"
              .formatted(MAX_TYPE_DEPTH),
          cause);
    }
    if (cause.isWithoutForm()) {
      return new QueryRejectedException(
          "A column has a type which no answer holds; cast it to JSON", cause);
    }
    if (cause.isRowTooLarge()) {
      return new QueryFailedException(String.valueOf(cause.getMessage()), cause);
    }
    if (DuckDbFailures.isFatal(cause)) {
      broken = true;
      instance.retire();
    } else if (cause.place() < steps.size()) {
      return notBound(steps.get(cause.place()), cause);
    }
    return DuckDbFailures.translate(queryId, cause, instance.hiddenFolders());
  }

  /** A view that can not be made is no fault of the statement, whatever DuckDB calls it. */
  private RuntimeException notBound(Session.Step step, FailedStatementException cause) {
    broken = true;
    log.error("Cannot bind table query_id={} table={}", queryId, step.table(), cause);
    return new QueryFailedException(
        step.table() == null
            ? "Query failed inside the engine"
            : "Table %s can not be read".formatted(step.table()),
        cause);
  }

  private RuntimeException lost(Exception cause) {
    if (session == null) {
      log.error("Query gets no session query_id={} pid={}", queryId, instance.pid(), cause);
      instance.retire();
      return new InstanceLostException(cause);
    }
    if (!instance.isLost()) {
      log.error("Query lost its session query_id={}", queryId, cause);
      return new QueryFailedException("Query failed inside the engine", cause);
    }
    instance.retire();
    if (instance.lostToMemory()) {
      return new QueryFailedException(
          "Query was stopped since queries took all memory; it can be split or narrowed", cause);
    }
    log.error("Query lost its process query_id={} pid={}", queryId, instance.pid(), cause);
    return begun
        ? new QueryUnavailableException(
            "The process that ran the query has ended, which another query may have caused", cause)
        : new InstanceLostException(cause);
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

  /** Under the stop lock: some functions of DuckDB hear no interrupt, and then nobody waits. */
  private void interruptRepeatedly() {
    if (interrupting != null) {
      return;
    }
    requireNonNull(interruptible).interrupt();
    interrupting =
        watchdog.scheduleWithFixedDelay(
            () -> ifWatched(Session::interrupt),
            INTERRUPT_AGAIN_MILLIS,
            INTERRUPT_AGAIN_MILLIS,
            TimeUnit.MILLISECONDS);
    leaving = watchdog.schedule(() -> ifWatched(this::leave), LEAVE_MILLIS, TimeUnit.MILLISECONDS);
  }

  /** What runs on holds the instance's memory, so the next query gets another one. */
  private void leave(Session deaf) {
    deaf.close();
    instance.retire();
  }

  private void ifWatched(Consumer<Session> action) {
    synchronized (stopLock) {
      if (interruptible != null) {
        action.accept(interruptible);
      }
    }
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
      if (leaving != null) {
        leaving.cancel(false);
      }
    }
  }

  // The end

  /** An answer that was not read to its end is ended, so that the session takes another query. */
  private void closeAnswer() {
    ProcessAnswer last = answer;
    if (last == null) {
      return;
    }
    answer = null;
    meter.progressFrom(null);
    if (!last.hasEnded() && !broken) {
      endEarly(last);
    }
    DuckDbFailures.closeQuietly(last);
  }

  private void endEarly(ProcessAnswer last) {
    synchronized (stopLock) {
      if (interruptible != null) {
        interruptRepeatedly();
      }
    }
    try {
      boolean more = true;
      while (more) {
        more = last.next();
      }
    } catch (SQLException e) {
      log.debug("Query was ended before its last row query_id={}", queryId, e);
    } catch (IOException e) {
      log.debug("Query did not end soon enough query_id={}", queryId, e);
      broken = true;
    }
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      closeAnswer();
    } finally {
      unwatch();
      giveSessionBack();
      leases.forEach(Lease::close);
      if (slotTaken) {
        instance.giveSlotBack();
      }
      instance.leave();
      onClose.accept(this);
    }
  }

  private void giveSessionBack() {
    if (session == null) {
      return;
    }
    if (broken || !session.isOpen()) {
      session.close();
    } else {
      instance.giveBack(session);
    }
  }
}
