package io.duckmesh.engine.query;

import java.io.IOException;
import java.io.OutputStream;
import java.util.List;

/** A statement that runs. Written once, by one thread; {@link #cancel()} may come from any. */
public interface QueryExecution extends AutoCloseable {
  List<ResultColumn> columns();

  /**
   * Writes the answer in constant memory, up to the limits; does not close the stream. When this
   * throws, an incomplete answer may have been written.
   *
   * @param style of numbers; other formats than JSON and NDJSON do not heed it
   * @throws IOException if the stream throws it
   * @throws QueryFailedException if it fails while running
   * @throws QueryTimeoutException if the time is over
   * @throws QueryCancelledException if it was cancelled
   */
  ResultSummary write(ResultFormat format, JsonStyle style, OutputStream out) throws IOException;

  /** Writes the answer with {@link JsonStyle#NUMBERS}. */
  default ResultSummary write(ResultFormat format, OutputStream out) throws IOException {
    return write(format, JsonStyle.NUMBERS, out);
  }

  /** Interrupts the statement; does nothing if it has ended. */
  void cancel();

  /** Whether it was cancelled or its time is over, so that writing on is of no use. */
  boolean stopped();

  /** Ends the statement and frees its slot. May be called more than once. */
  @Override
  void close();
}
