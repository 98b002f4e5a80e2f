package io.duckmesh.activities.materialize;

import io.duckmesh.catalog.TableInfo;
import io.duckmesh.engine.parquet.RowSelection;
import io.duckmesh.engine.rows.RowBatch;
import io.duckmesh.engine.schema.RowSchema;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.vector.FieldVector;

/**
 * Rows of one table and schema version, in log order, that wait to become a data file. Owns their
 * buffers until it is closed.
 */
final class TableRows implements AutoCloseable {
  private final TableInfo table;
  private final RowSchema schema;
  private final List<Piece> pieces = new ArrayList<>();
  private long rows;
  private long sizeBytes;

  TableRows(TableInfo table, RowSchema schema) {
    this.table = table;
    this.schema = schema;
  }

  /** Takes the rows of a segment over. */
  void add(long position, RowSelection selection) {
    pieces.add(new Piece(position, selection));
    rows += selection.rowCount();
    sizeBytes += sizeBytes(selection.rows());
  }

  TableInfo table() {
    return table;
  }

  RowSchema schema() {
    return schema;
  }

  List<Piece> pieces() {
    return List.copyOf(pieces);
  }

  long rows() {
    return rows;
  }

  long sizeBytes() {
    return sizeBytes;
  }

  @Override
  public void close() {
    pieces.forEach(piece -> piece.selection().rows().close());
    pieces.clear();
    rows = 0;
    sizeBytes = 0;
  }

  private static long sizeBytes(RowBatch batch) {
    long size = 0;
    for (FieldVector vector : batch.columns().getFieldVectors()) {
      size += vector.getBufferSize();
    }
    return size;
  }

  /** The rows of one segment. */
  record Piece(long position, RowSelection selection) {
    /** Rows of the whole segment, those that are not selected included. */
    int rowCount() {
      return selection.rows().rowCount();
    }
  }
}
