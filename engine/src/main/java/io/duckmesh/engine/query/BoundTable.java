package io.duckmesh.engine.query;

import static java.util.Objects.requireNonNull;

import io.duckmesh.engine.objects.ObjectKey;
import io.duckmesh.engine.schema.RowSchema;
import java.util.List;

/**
 * A table at a snapshot: what a reference in a statement stands for.
 *
 * @param stateId names this state of the table for ever: two bound tables with the same state id
 *     have the same schema and files, so what was prepared for one serves the other
 */
public record BoundTable(
    TableReference reference, String stateId, RowSchema schema, List<TableFile> files) {
  public BoundTable {
    requireNonNull(reference, "reference is null");
    requireNonNull(stateId, "stateId is null");
    requireNonNull(schema, "schema is null");
    files = List.copyOf(files);
  }

  /** One of the table's files. */
  public record TableFile(ObjectKey key, long sizeBytes, long rowCount) {
    public TableFile {
      requireNonNull(key, "key is null");
    }
  }
}
