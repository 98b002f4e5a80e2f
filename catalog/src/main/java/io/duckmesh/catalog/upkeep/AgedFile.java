package io.duckmesh.catalog.upkeep;

import static java.util.Objects.requireNonNull;

import io.duckmesh.catalog.ColumnStatistics;
import org.jspecify.annotations.Nullable;

/**
 * A file that the newest snapshot has, with what it holds of one column.
 *
 * @param schemaVersion version of the table's schema that it was written with
 * @param statistics null if the file has nothing of the column
 */
public record AgedFile(LiveFile file, int schemaVersion, @Nullable ColumnStatistics statistics) {
  public AgedFile {
    requireNonNull(file, "file is null");
  }
}
