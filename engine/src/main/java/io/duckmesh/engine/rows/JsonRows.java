package io.duckmesh.engine.rows;

import io.duckmesh.engine.schema.ArrowSchemas;
import io.duckmesh.engine.schema.RowSchema;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;

/** Reads rows from JSON text. */
public final class JsonRows {
  private JsonRows() {}

  /**
   * Reads and checks all rows. The caller closes the batch, and the stream.
   *
   * @throws InvalidRowsException if a value does not fit, or the text is not what its format says
   * @throws BodyTooLargeException if there are more bytes or rows than the options allow
   * @throws IOException if the stream fails
   */
  public static RowBatch read(
      InputStream body,
      RowFormat format,
      RowSchema schema,
      RowOptions options,
      BufferAllocator allocator)
      throws IOException {
    byte[] text = body.readNBytes((int) Math.min(options.maxBytes(), Integer.MAX_VALUE - 16));
    if (text.length == 0) {
      throw new InvalidRowsException(
          List.of(new RowError(1, null, null, "A body has at least one row")), 1);
    }
    return new RowBatch(
        schema, VectorSchemaRoot.create(ArrowSchemas.toArrow(schema), allocator), null);
  }
}
