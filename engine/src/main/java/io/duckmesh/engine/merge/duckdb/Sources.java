package io.duckmesh.engine.merge.duckdb;

import io.duckmesh.engine.parquet.FileFooter;
import java.nio.file.Path;
import java.util.List;

/**
 * An order's files on this machine, as they were published.
 *
 * @param files in the order of the sources
 * @param rows of all files
 * @param uncompressedBytes of all files, as encoded
 */
record Sources(List<Path> files, long rows, long uncompressedBytes) {
  Sources {
    files = List.copyOf(files);
  }

  static Sources of(List<Path> files, List<FileFooter> footers) {
    return new Sources(
        files,
        footers.stream().mapToLong(FileFooter::rowCount).sum(),
        footers.stream().mapToLong(FileFooter::uncompressedBytes).sum());
  }
}
