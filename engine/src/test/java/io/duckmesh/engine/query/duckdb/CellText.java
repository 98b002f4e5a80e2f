package io.duckmesh.engine.query.duckdb;

import io.duckmesh.engine.query.JsonStyle;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.apache.arrow.vector.ipc.ArrowReader;

/** JSON of a value that came as Arrow. */
final class CellText {
  private CellText() {}

  /** The first row's first value. */
  static String of(ArrowReader reader) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteSink sink = new ByteSink(out);
    CellWriter cell =
        CellWriter.of(reader.getVectorSchemaRoot().getVector(0), reader, JsonStyle.NUMBERS);
    cell.writeJson(0, sink);
    sink.flush();
    return out.toString(StandardCharsets.UTF_8);
  }
}
