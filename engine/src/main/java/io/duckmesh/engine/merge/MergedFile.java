package io.duckmesh.engine.merge;

import io.duckmesh.engine.parquet.WrittenFile;
import org.jspecify.annotations.Nullable;

/**
 * What came of a merge.
 *
 * @param rowsIn rows of all sources
 * @param written the file, null if no row is left
 */
public record MergedFile(long rowsIn, @Nullable WrittenFile written) {
  public MergedFile {
    long rowsOut = written == null ? 0 : written.rowCount();
    if (rowsIn < rowsOut) {
      throw new IllegalArgumentException(
          "%d rows were read and %d written".formatted(rowsIn, rowsOut));
    }
  }

  /** Rows of the file that was written. */
  public long rowsOut() {
    return written == null ? 0 : written.rowCount();
  }

  /** Bytes of the file that was written. */
  public long bytesOut() {
    return written == null ? 0 : written.sizeBytes();
  }
}
