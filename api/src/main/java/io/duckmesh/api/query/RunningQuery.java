package io.duckmesh.api.query;

import io.duckmesh.api.query.QueryPhases.Phase;
import io.duckmesh.engine.query.JsonStyle;
import io.duckmesh.engine.query.QueryExecution;
import io.duckmesh.engine.query.ResultColumn;
import io.duckmesh.engine.query.ResultFormat;
import io.duckmesh.engine.query.ResultSummary;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;

/**
 * A query that runs and holds a slot of its tenant until this is closed. Written once, by one
 * thread; {@link #cancel()} may come from any.
 */
final class RunningQuery implements AutoCloseable {
  private final PreparedQuery prepared;
  private final QueryExecution execution;

  RunningQuery(PreparedQuery prepared, QueryExecution execution) {
    this.prepared = prepared;
    this.execution = execution;
  }

  PreparedQuery prepared() {
    return prepared;
  }

  List<ResultColumn> columns() {
    return execution.columns();
  }

  /** Whether it was cancelled or its time is over, so that nobody needs the rest. */
  boolean stopped() {
    return execution.stopped();
  }

  /** Writes the rows; see {@link QueryExecution#write(ResultFormat, JsonStyle, OutputStream)}. */
  ResultSummary write(ResultFormat format, OutputStream out) throws IOException {
    prepared.phases().enter(Phase.WRITE);
    try {
      return execution.write(format, prepared.asked().jsonStyle(), out);
    } finally {
      prepared.phases().end();
    }
  }

  void cancel() {
    execution.cancel();
  }

  @Override
  public void close() {
    execution.close();
  }
}
