package io.duckmesh.engine.query.duckdb.process;

import io.duckmesh.engine.query.duckdb.process.ProcessAnswer.Column;
import io.duckmesh.engine.query.duckdb.process.Signal.Failure;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.jspecify.annotations.Nullable;

/**
 * A connection of the other process's DuckDB, used by one thread at a time; only {@link
 * #interrupt}, {@link #progress} and {@link #close} may come from others. A thread that is
 * interrupted while it waits for the other process closes the session.
 */
public final class ProcessSession implements AutoCloseable {
  private final DuckDbProcess process;
  private final long id;
  private final SocketChannel channel;
  private final FrameReader in;
  private final FrameWriter out;
  private volatile long query;
  private volatile double progress = Double.NaN;

  ProcessSession(DuckDbProcess process, long id, SocketChannel channel) throws IOException {
    this.process = process;
    this.id = id;
    this.channel = channel;
    this.in = new FrameReader(channel);
    this.out = new FrameWriter(channel);
    out.putLong(id);
  }

  long id() {
    return id;
  }

  /**
   * Runs the statements one after the other.
   *
   * @throws FailedStatementException if one fails, after which no other runs
   * @throws IOException if the process or the session is lost
   */
  public void execute(List<String> statements) throws FailedStatementException, IOException {
    out.put(Signal.EXECUTE);
    out.putTexts(statements);
    out.flush();
    Signal signal = in.takeSignal();
    switch (signal) {
      case DONE -> {}
      case FAILED -> throw failure(in);
      default -> throw new IOException("Not for statements: " + signal);
    }
  }

  /**
   * Runs a statement; its first rows are computed when this returns.
   *
   * @param before statements to run before it
   * @param values of its parameters: null, Boolean, Long, Double, BigDecimal or String
   * @param allocator nobody else's, closed with the answer or when this fails
   * @throws FailedStatementException if it or one of those before fails
   * @throws IOException if the process or the session is lost
   */
  public ProcessAnswer query(
      List<String> before,
      String sql,
      List<? extends @Nullable Object> values,
      BufferAllocator allocator)
      throws FailedStatementException, IOException {
    boolean answered = false;
    try {
      out.put(Signal.QUERY);
      out.putLong(query);
      out.putTexts(before);
      out.putText(sql);
      out.putValues(values);
      out.flush();
      Signal signal = in.takeSignal();
      if (signal == Signal.FAILED) {
        throw failure(in);
      }
      if (signal != Signal.ANSWER) {
        throw new IOException("Not for a query: " + signal);
      }
      List<Column> columns = new ArrayList<>();
      for (int left = in.takeInt(); left > 0; left--) {
        columns.add(new Column(in.takeText(), in.takeText()));
      }
      answered = true;
      return ProcessAnswer.read(in, allocator, columns);
    } finally {
      if (!answered) {
        allocator.close();
      }
    }
  }

  static FailedStatementException failure(FrameReader in) throws IOException {
    int number = in.takeByte();
    if (number < 0 || number >= Failure.values().length) {
      throw new IOException("Not a failure: " + number);
    }
    return new FailedStatementException(Failure.values()[number], in.takeInt(), in.takeText());
  }

  /** Begins the time in which {@link #interrupt} means the next query. */
  public void nextQuery() {
    progress = Double.NaN;
    query++;
  }

  /**
   * Lets the query end soon with an error, also one that has not begun yet. To be repeated, since
   * DuckDB forgets an interrupt that comes between two of its steps.
   */
  public void interrupt() {
    process.interrupt(id, query);
  }

  /** How much of the query is done, from 0 to 1; NaN if it can not be told. */
  public double progress() {
    return progress;
  }

  void progress(long of, double done) {
    if (of == query) {
      progress = done;
    }
  }

  /**
   * Closes the connection, which ends a thread's wait for it with an {@link IOException}. What runs
   * there is interrupted until it ends; the process says so then.
   */
  @Override
  public void close() {
    process.leave(this, channel);
  }
}
