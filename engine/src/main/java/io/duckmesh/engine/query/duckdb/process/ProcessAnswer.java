package io.duckmesh.engine.query.duckdb.process;

import java.io.IOException;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.apache.arrow.vector.ipc.ArrowStreamReader;

/** The answer of a query, read batch by batch by one thread, which closes it. */
public final class ProcessAnswer implements AutoCloseable {
  private final FrameReader in;
  private final BufferAllocator allocator;
  private final ArrowStreamReader reader;
  private final List<Column> columns;
  private boolean ended;

  /**
   * A column of the answer.
   *
   * @param type as DuckDB writes it
   */
  public record Column(String name, String type) {}

  private ProcessAnswer(
      FrameReader in, BufferAllocator allocator, ArrowStreamReader reader, List<Column> columns) {
    this.in = in;
    this.allocator = allocator;
    this.reader = reader;
    this.columns = List.copyOf(columns);
  }

  /**
   * @param allocator nobody else's, closed with the answer
   */
  static ProcessAnswer read(FrameReader in, BufferAllocator allocator, List<Column> columns)
      throws IOException {
    ArrowStreamReader reader = new ArrowStreamReader(in, allocator);
    boolean read = false;
    try {
      var unused = reader.getVectorSchemaRoot();
      read = true;
      return new ProcessAnswer(in, allocator, reader, columns);
    } finally {
      if (!read) {
        reader.close();
        allocator.close();
      }
    }
  }

  public List<Column> columns() {
    return columns;
  }

  /** Holds the rows that {@link #next()} reads. */
  public ArrowReader reader() {
    return reader;
  }

  /**
   * Reads the next rows; false if there are none.
   *
   * @throws FailedStatementException if the statement fails here
   * @throws IOException if the process or its session is lost
   */
  public boolean next() throws FailedStatementException, IOException {
    if (ended) {
      return false;
    }
    Signal signal = in.takeSignal();
    switch (signal) {
      case BATCH -> {
        if (!reader.loadNextBatch()) {
          throw new IOException("A batch is announced and none comes");
        }
        return true;
      }
      case END -> {
        ended = true;
        return false;
      }
      case FAILED -> {
        ended = true;
        throw ProcessSession.failure(in);
      }
      default -> throw new IOException("Not part of an answer: " + signal);
    }
  }

  /** Whether all of it was read, so that its session can take the next query. */
  public boolean hasEnded() {
    return ended;
  }

  /** Frees the rows. Reads nothing: an answer that has not ended leaves its session unusable. */
  @Override
  public void close() throws IOException {
    // What is read from is the session's.
    reader.close(false);
    allocator.close();
  }
}
