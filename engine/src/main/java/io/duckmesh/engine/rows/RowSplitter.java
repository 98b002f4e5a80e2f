package io.duckmesh.engine.rows;

import io.duckmesh.engine.segment.KeyHash;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.jspecify.annotations.Nullable;

/** Distributes rows over the shards of their table. */
public final class RowSplitter {
  private RowSplitter() {}

  /**
   * Splits the rows by the hash of their event keys, so that all rows of one key come to the same
   * part, in their order; the same rows are always split in the same way. Rows without event keys
   * stay together, in a part that the first row's content decides.
   *
   * <p>The given batch is used up: its buffers belong to the parts, or are freed, when this
   * returns. The caller closes the parts; if this throws, the given batch.
   *
   * @return one entry per part, null where it has no rows
   */
  public static List<@Nullable RowBatch> split(RowBatch rows, int parts) {
    if (parts < 1) {
      throw new IllegalArgumentException("Rows can not be split into %d parts".formatted(parts));
    }
    List<@Nullable RowBatch> result = new ArrayList<@Nullable RowBatch>(parts);
    for (int i = 0; i < parts; i++) {
      result.add(null);
    }
    List<KeyHash> keys = rows.eventKeys();
    if (parts == 1) {
      result.set(0, rows);
    } else if (keys == null) {
      result.set(partOfFirstRow(rows.columns(), parts), rows);
    } else {
      splitByKey(rows, keys, result);
    }
    return result;
  }

  private static int partOfFirstRow(VectorSchemaRoot columns, int parts) {
    int hash = 0;
    for (FieldVector column : columns.getFieldVectors()) {
      hash = 31 * hash + (column.isNull(0) ? 0 : column.hashCode(0));
    }
    // Spreads the bits, because hashes of small numbers differ in few of them.
    return Integer.remainderUnsigned(hash * 0x9e3779b9 >>> 7, parts);
  }

  private static void splitByKey(
      RowBatch rows, List<KeyHash> keys, List<@Nullable RowBatch> result) {
    int parts = result.size();
    int[] partOf = new int[keys.size()];
    int[] counts = new int[parts];
    for (int row = 0; row < partOf.length; row++) {
      int part = (int) Long.remainderUnsigned(keys.get(row).high(), parts);
      partOf[row] = part;
      counts[part]++;
    }
    int first = partOf[0];
    if (counts[first] == partOf.length) {
      result.set(first, rows);
      return;
    }
    try {
      for (int part = 0; part < parts; part++) {
        if (counts[part] > 0) {
          result.set(part, select(rows, keys, partOf, part, counts[part]));
        }
      }
    } catch (Throwable e) {
      for (RowBatch made : result) {
        if (made != null) {
          made.close();
        }
      }
      throw e;
    }
    rows.close();
  }

  /** A copy of the rows of one part. */
  private static RowBatch select(
      RowBatch rows, List<KeyHash> keys, int[] partOf, int part, int count) {
    List<KeyHash> selected = new ArrayList<>(count);
    for (int row = 0; row < partOf.length; row++) {
      if (partOf[row] == part) {
        selected.add(keys.get(row));
      }
    }
    List<FieldVector> vectors = new ArrayList<>();
    try {
      for (FieldVector source : rows.columns().getFieldVectors()) {
        FieldVector target = source.getField().createVector(source.getAllocator());
        vectors.add(target);
        target.setInitialCapacity(count);
        target.allocateNew();
        int at = 0;
        for (int row = 0; row < partOf.length; row++) {
          if (partOf[row] == part) {
            target.copyFromSafe(row, at++, source);
          }
        }
        target.setValueCount(count);
      }
    } catch (Throwable e) {
      vectors.forEach(FieldVector::close);
      throw e;
    }
    VectorSchemaRoot columns = new VectorSchemaRoot(rows.columns().getSchema(), vectors, count);
    return new RowBatch(rows.schema(), columns, selected);
  }
}
