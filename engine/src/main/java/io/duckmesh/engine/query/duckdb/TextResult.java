package io.duckmesh.engine.query.duckdb;

import io.duckmesh.engine.query.JsonStyle;
import io.duckmesh.engine.query.QueryLimits;
import io.duckmesh.engine.query.ResultColumn;
import io.duckmesh.engine.query.ResultFormat;
import io.duckmesh.engine.query.ResultSummary;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowReader;

/** Writes an answer as JSON, NDJSON or CSV, row by row. */
final class TextResult {
  private final List<byte[]> names = new ArrayList<>();
  private final ByteSink sink;
  private final ResultFormat format;
  private final JsonStyle style;
  private List<CellWriter> cells = List.of();

  private TextResult(
      ResultFormat format, JsonStyle style, List<ResultColumn> columns, OutputStream out) {
    this.format = format;
    this.style = format == ResultFormat.CSV ? JsonStyle.NUMBERS : style;
    this.sink = new ByteSink(out);
    columns.forEach(column -> names.add(column.name().getBytes(StandardCharsets.UTF_8)));
  }

  static ResultSummary write(
      ResultFormat format,
      JsonStyle style,
      List<ResultColumn> columns,
      ArrowReader reader,
      ResultBatches batches,
      QueryLimits limits,
      OutputStream out)
      throws IOException {
    TextResult result = new TextResult(format, style, columns, out);
    result.writeHead();
    ResultSummary summary = result.writeRows(reader, batches, limits);
    result.writeTail();
    result.sink.flush();
    return new ResultSummary(summary.rowCount(), result.sink.size(), summary.truncated());
  }

  private ResultSummary writeRows(ArrowReader reader, ResultBatches batches, QueryLimits limits)
      throws IOException {
    long rows = 0;
    while (batches.next()) {
      VectorSchemaRoot root = reader.getVectorSchemaRoot();
      List<CellWriter> writers = new ArrayList<>();
      for (FieldVector vector : root.getFieldVectors()) {
        writers.add(CellWriter.of(vector, reader, style));
      }
      cells = writers;
      for (int row = 0; row < root.getRowCount(); row++) {
        if (rows == limits.maxRows()) {
          return new ResultSummary(rows, 0, true);
        }
        sink.mark();
        writeRow(row, rows == 0);
        if (sink.size() > limits.maxBytes()) {
          sink.reset();
          return new ResultSummary(rows, 0, true);
        }
        rows++;
      }
      // The next batch may take its time, and whoever waits for these rows should not.
      sink.flush();
    }
    return new ResultSummary(rows, 0, false);
  }

  private void writeHead() {
    switch (format) {
      case JSON_ROWS -> sink.write('[');
      case CSV -> {
        for (int i = 0; i < names.size(); i++) {
          if (i > 0) {
            sink.write(',');
          }
          writeCsv(names.get(i));
        }
        sink.writeAscii("\r\n");
      }
      case NDJSON, ARROW, PARQUET -> {
        // Rows follow at once.
      }
    }
  }

  private void writeTail() {
    if (format == ResultFormat.JSON_ROWS) {
      sink.write(']');
    }
  }

  private void writeRow(int row, boolean first) {
    switch (format) {
      case JSON_ROWS -> {
        sink.writeAscii(first ? "[" : ",\n[");
        for (int i = 0; i < cells.size(); i++) {
          if (i > 0) {
            sink.write(',');
          }
          cells.get(i).writeJson(row, sink);
        }
        sink.write(']');
      }
      case NDJSON -> {
        sink.write('{');
        for (int i = 0; i < cells.size(); i++) {
          if (i > 0) {
            sink.write(',');
          }
          sink.writeJsonString(names.get(i));
          sink.write(':');
          cells.get(i).writeJson(row, sink);
        }
        sink.writeAscii("}\n");
      }
      case CSV -> {
        for (int i = 0; i < cells.size(); i++) {
          if (i > 0) {
            sink.write(',');
          }
          writeCsv(cells.get(i), row);
        }
        sink.writeAscii("\r\n");
      }
      case ARROW, PARQUET -> throw new IllegalArgumentException("Not a text: " + format);
    }
  }

  /** Null is nothing, an empty text is a pair of quotes. */
  private void writeCsv(CellWriter cell, int row) {
    if (!cell.isNull(row)) {
      int start = sink.length();
      cell.writePlain(row, sink);
      sink.quoteCsvFrom(start);
    }
  }

  private void writeCsv(byte[] text) {
    int start = sink.length();
    sink.write(text);
    sink.quoteCsvFrom(start);
  }
}
