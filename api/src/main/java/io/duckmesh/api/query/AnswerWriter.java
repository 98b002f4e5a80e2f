package io.duckmesh.api.query;

import io.duckmesh.api.json.ApiJson;
import io.duckmesh.api.query.QueryPhases.Phase;
import io.duckmesh.engine.query.ResultSummary;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** Writes the answer of a running query: its rows, in JSON with the document around them. */
final class AnswerWriter {
  private AnswerWriter() {}

  /**
   * Writes the whole answer; does not flush or close the stream. When this throws, an incomplete
   * answer may have been written.
   */
  static ResultSummary write(RunningQuery query, AnswerFormat format, OutputStream out)
      throws IOException {
    if (format != AnswerFormat.JSON) {
      return query.write(format.format(), out);
    }
    PreparedQuery prepared = query.prepared();
    Map<String, Object> head = new LinkedHashMap<>();
    head.put("query_id", prepared.queryId());
    head.put("snapshot_id", prepared.snapshot().id().value());
    head.put("columns", query.columns());
    byte[] open = ApiJson.MAPPER.writeValueAsBytes(head);
    out.write(open, 0, open.length - 1);
    out.write(",\"rows\":".getBytes(StandardCharsets.UTF_8));
    ResultSummary summary = query.write(format.format(), out);
    QueryPhases phases = prepared.phases();
    Map<String, Object> stats = new LinkedHashMap<>();
    stats.put("elapsed_ms", millis(phases.elapsedNanos()));
    stats.put("waited_ms", millis(phases.nanos(Phase.WAIT)));
    Map<String, Object> tail = new LinkedHashMap<>();
    tail.put("row_count", summary.rowCount());
    tail.put("truncated", summary.truncated());
    tail.put("stats", stats);
    byte[] close = ApiJson.MAPPER.writeValueAsBytes(tail);
    close[0] = ',';
    out.write(close);
    return summary;
  }

  private static double millis(long nanos) {
    return Math.round(nanos / 10_000.0) / 100.0;
  }
}
