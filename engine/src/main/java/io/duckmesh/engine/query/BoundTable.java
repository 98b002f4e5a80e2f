package io.duckmesh.engine.query;

import static java.util.Objects.requireNonNull;

import io.duckmesh.engine.objects.ObjectKey;
import io.duckmesh.engine.query.pruning.TableStatistics;
import io.duckmesh.engine.schema.RowSchema;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A table at a snapshot: what a reference in a statement stands for.
 *
 * @param stateId names this state of the table for ever: two bound tables with the same state id
 *     have the same schema and files, so what was prepared for one serves the other
 * @param files all its files, in an order that belongs to the state
 * @param statistics what is known of the files, in their order; a statement does not read those
 *     that they show to hold nothing for it
 */
public record BoundTable(
    TableReference reference,
    String stateId,
    RowSchema schema,
    List<TableFile> files,
    TableStatistics statistics) {
  public BoundTable {
    requireNonNull(reference, "reference is null");
    requireNonNull(stateId, "stateId is null");
    requireNonNull(schema, "schema is null");
    files = List.copyOf(files);
    requireNonNull(statistics, "statistics is null");
    if (statistics.files() > files.size()) {
      throw new IllegalArgumentException(
          "Table %s has %d files and statistics of %d"
              .formatted(reference.name(), files.size(), statistics.files()));
    }
  }

  /** A table of whose files nothing is known. */
  public BoundTable(
      TableReference reference, String stateId, RowSchema schema, List<TableFile> files) {
    this(reference, stateId, schema, files, TableStatistics.NONE);
  }

  /**
   * One of the table's files.
   *
   * @param contentHash SHA-256 of its bytes in lower-case hexadecimal, null if that is not known
   * @param schemaVersion version of the table's schema that it was written with, 0 if that is not
   *     known; if it is the one of the table, its columns are the table's
   */
  public record TableFile(
      ObjectKey key,
      long sizeBytes,
      long rowCount,
      @Nullable String contentHash,
      int schemaVersion) {
    public TableFile {
      requireNonNull(key, "key is null");
    }

    /** A file of which no more is known. */
    public TableFile(ObjectKey key, long sizeBytes, long rowCount) {
      this(key, sizeBytes, rowCount, null, 0);
    }
  }
}
