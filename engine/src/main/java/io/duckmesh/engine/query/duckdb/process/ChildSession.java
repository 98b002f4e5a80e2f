package io.duckmesh.engine.query.duckdb.process;

import io.duckmesh.engine.query.duckdb.process.BatchWriter.RowTooLargeException;
import io.duckmesh.engine.query.duckdb.process.Signal.Failure;
import java.io.EOFException;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.duckdb.DuckDBConnection;
import org.duckdb.DuckDBPreparedStatement;
import org.duckdb.DuckDBResultSet;
import org.jspecify.annotations.Nullable;

/** Runs what comes on one connection, one statement after the other, in the thread that calls. */
final class ChildSession {
  /** DuckDB's own size of a chunk: larger batches would only hold more memory. */
  private static final int BATCH_ROWS = 2048;

  /** What the driver says when a streamed statement failed before its first row. */
  private static final String MESSAGE_LOST = "Invalid result set";

  /** What Arrow says when a type has more levels than it reads. */
  private static final String TOO_DEEP = "Recursion level in ArrowSchema struct exceeded";

  private final DuckDBConnection connection;
  private final BufferAllocator allocator;
  private final FrameReader in;
  private final FrameWriter out;
  private boolean materialized;

  private final Object lock = new Object();
  private long current;
  private long interrupted;
  private @Nullable Statement running;

  ChildSession(
      DuckDBConnection connection, BufferAllocator allocator, FrameReader in, FrameWriter out) {
    this.connection = connection;
    this.allocator = allocator;
    this.in = in;
    this.out = out;
  }

  /** Returns when the other side has closed the connection. */
  void serve() throws IOException, SQLException {
    while (true) {
      Signal signal;
      try {
        signal = in.takeSignal();
      } catch (EOFException e) {
        return;
      }
      switch (signal) {
        case EXECUTE -> execute(in.takeTexts());
        case QUERY -> query(in.takeLong(), in.takeTexts(), in.takeText(), in.takeValues());
        default -> throw new IOException("Not for a session: " + signal);
      }
      out.flush();
    }
  }

  private void execute(List<String> statements) throws IOException {
    if (runAll(statements)) {
      out.put(Signal.DONE);
    }
  }

  private boolean runAll(List<String> statements) throws IOException {
    int number = 0;
    for (String sql : statements) {
      try (Statement statement = connection.createStatement()) {
        statement.execute(sql);
      } catch (SQLException e) {
        fail(Failure.STATEMENT, number, e.getMessage());
        return false;
      }
      number++;
    }
    return true;
  }

  private void query(
      long number, List<String> before, String sql, List<? extends @Nullable Object> values)
      throws IOException, SQLException {
    synchronized (lock) {
      current = number;
    }
    if (runAll(before)) {
      answer(number, before.size(), sql, values);
    }
    if (materialized) {
      stream(true);
    }
  }

  private void answer(long number, int place, String sql, List<? extends @Nullable Object> values)
      throws IOException {
    try {
      try {
        runOnce(number, sql, values);
      } catch (SQLException e) {
        if (!String.valueOf(e.getMessage()).contains(MESSAGE_LOST) || isInterrupted(number)) {
          throw e;
        }
        // Streaming lost the reason; the same statement as a whole fails with it.
        stream(false);
        runOnce(number, sql, values);
      }
    } catch (SQLException e) {
      fail(Failure.STATEMENT, place, e.getMessage());
    } catch (RowTooLargeException e) {
      fail(Failure.ROW_TOO_LARGE, place, e.getMessage());
    }
  }

  private void runOnce(long number, String sql, List<? extends @Nullable Object> values)
      throws SQLException, IOException, RowTooLargeException {
    Optional<String> instead = run(number, sql, values, true);
    if (instead.isPresent()) {
      run(number, instead.get(), values, false);
    }
  }

  /**
   * Runs the statement and writes its answer, or gives the statement to run instead. Without
   * parameters nothing is prepared, which would plan the statement twice.
   */
  private Optional<String> run(
      long number, String sql, List<? extends @Nullable Object> values, boolean check)
      throws SQLException, IOException, RowTooLargeException {
    if (values.isEmpty()) {
      try (Statement direct = connection.createStatement()) {
        begin(number, direct);
        try (ResultSet rows = direct.executeQuery(sql)) {
          return writeOrReplace(number, sql, rows, check);
        } finally {
          end();
        }
      }
    }
    try (PreparedStatement prepared = connection.prepareStatement(sql)) {
      for (int i = 0; i < values.size(); i++) {
        prepared.setObject(i + 1, values.get(i));
      }
      begin(number, prepared);
      try (ResultSet rows = prepared.executeQuery()) {
        return writeOrReplace(number, sql, rows, check);
      } finally {
        end();
      }
    }
  }

  private Optional<String> writeOrReplace(long number, String sql, ResultSet rows, boolean check)
      throws SQLException, IOException, RowTooLargeException {
    Optional<String> instead =
        check ? Intervals.checked(sql, rows.getMetaData()) : Optional.empty();
    if (instead.isEmpty()) {
      write(number, rows);
    }
    return instead;
  }

  private void write(long number, ResultSet rows)
      throws SQLException, IOException, RowTooLargeException {
    throwIfInterrupted(number);
    ArrowReader reader =
        (ArrowReader) rows.unwrap(DuckDBResultSet.class).arrowExportStream(allocator, BATCH_ROWS);
    try {
      if (!importSchema(reader)) {
        return;
      }
      boolean more = load(number, reader);
      writeColumns(rows.getMetaData());
      // Closing the writer would end the stream, which is not Arrow's to say here.
      BatchWriter writer = new BatchWriter(reader, out);
      writer.start();
      while (more) {
        writer.writeLoaded();
        more = load(number, reader);
      }
      out.put(Signal.END);
    } finally {
      reader.close();
    }
  }

  private boolean importSchema(ArrowReader reader) throws IOException {
    try {
      var unused = reader.getVectorSchemaRoot();
      return true;
    } catch (BufferUnderflowException e) {
      fail(Failure.NAME_TOO_LONG, 0, e.getMessage());
      return false;
    } catch (IllegalStateException e) {
      boolean deep = String.valueOf(e.getMessage()).startsWith(TOO_DEEP);
      fail(deep ? Failure.TYPE_TOO_DEEP : Failure.NO_FORM, 0, e.getMessage());
      return false;
    } catch (IOException | UnsupportedOperationException | NullPointerException e) {
      // What Arrow's reader does at types that it does not know, within others.
      fail(Failure.NO_FORM, 0, e.getMessage());
      return false;
    }
  }

  /** An error of DuckDB comes wrapped by Arrow; one of the other side's connection does not. */
  private boolean load(long number, ArrowReader reader) throws SQLException {
    throwIfInterrupted(number);
    try {
      return reader.loadNextBatch();
    } catch (IOException e) {
      throw new SQLException(e.getMessage(), e);
    }
  }

  private void writeColumns(ResultSetMetaData meta) throws SQLException, IOException {
    out.put(Signal.ANSWER);
    out.putInt(meta.getColumnCount());
    for (int i = 1; i <= meta.getColumnCount(); i++) {
      out.putText(meta.getColumnName(i));
      out.putText(meta.getColumnTypeName(i));
    }
  }

  private void fail(Failure failure, int place, @Nullable String message) throws IOException {
    out.put(Signal.FAILED);
    out.putByte(failure.ordinal());
    out.putInt(place);
    out.putText(String.valueOf(message));
  }

  private void stream(boolean streaming) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("SET jdbc_stream_results = " + streaming);
    }
    materialized = !streaming;
  }

  private void begin(long number, Statement statement) throws SQLException {
    synchronized (lock) {
      running = statement;
    }
    throwIfInterrupted(number);
  }

  private void end() {
    synchronized (lock) {
      running = null;
    }
  }

  // From other threads

  /** Ends the query if it runs, or as soon as it begins. */
  void interrupt(long number) {
    synchronized (lock) {
      interrupted = Math.max(interrupted, number);
      if (current != number) {
        return;
      }
    }
    Interrupts.interrupt(connection);
  }

  private boolean isInterrupted(long number) {
    synchronized (lock) {
      return interrupted >= number;
    }
  }

  private void throwIfInterrupted(long number) throws SQLException {
    if (isInterrupted(number)) {
      throw new SQLException("INTERRUPT Error: Interrupted!");
    }
  }

  long current() {
    synchronized (lock) {
      return current;
    }
  }

  /** How much of the statement that runs is done, from 0 to 1; NaN if it can not be told. */
  double progress() {
    Statement statement;
    synchronized (lock) {
      statement = running;
    }
    if (statement == null) {
      return Double.NaN;
    }
    try {
      double percentage =
          statement.unwrap(DuckDBPreparedStatement.class).getQueryProgress().getPercentage();
      return percentage < 0 ? Double.NaN : Math.min(1, percentage / 100);
    } catch (SQLException e) {
      // The statement has just ended.
      return Double.NaN;
    }
  }
}
