package io.duckmesh.engine.merge;

import static java.util.Objects.requireNonNull;

import io.duckmesh.engine.schema.ColumnType;
import io.duckmesh.engine.schema.ColumnType.ListOf;
import io.duckmesh.engine.schema.ColumnType.Struct;
import io.duckmesh.engine.schema.RowSchema;
import java.util.HashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Files that are to become one. Making an order fails if a source's column does not widen to the
 * schema's, or the sort columns or the cutoff's are not in the schema.
 *
 * @param schema columns of the file that is made
 * @param sources the files, at least one, in order of place
 * @param sortFieldIds columns that rows are sorted by, of types that have no parts; empty to leave
 *     rows in the order of the sources
 * @param dropBefore rows that are left out, null for none
 * @param memoryBytes what the merge may take of this machine's memory, at least {@link
 *     #LEAST_MEMORY_BYTES}; of the process that merges, whole
 */
public record MergeOrder(
    RowSchema schema,
    List<MergeSource> sources,
    List<Integer> sortFieldIds,
    @Nullable RowCutoff dropBefore,
    long memoryBytes) {
  /** With less not even small files can be merged. */
  public static final long LEAST_MEMORY_BYTES = 256L << 20;

  public MergeOrder {
    requireNonNull(schema, "schema is null");
    sources = List.copyOf(sources);
    sortFieldIds = List.copyOf(sortFieldIds);
    if (sources.isEmpty()) {
      throw new IllegalArgumentException("There are no files to merge");
    }
    if (new HashSet<>(sortFieldIds).size() < sortFieldIds.size()) {
      throw new IllegalArgumentException("Sorted twice by a column: " + sortFieldIds);
    }
    if (memoryBytes < LEAST_MEMORY_BYTES) {
      throw new IllegalArgumentException(
          "A merge needs at least %d bytes of memory: %d"
              .formatted(LEAST_MEMORY_BYTES, memoryBytes));
    }
    for (int fieldId : sortFieldIds) {
      ColumnType type = Columns.find(schema, fieldId).type();
      if (type instanceof ListOf || type instanceof Struct) {
        throw new IllegalArgumentException(
            "Rows can not be sorted by field id %d of type %s".formatted(fieldId, type));
      }
    }
    if (dropBefore != null) {
      Cutoffs.column(dropBefore, schema);
    }
    for (MergeSource source : sources) {
      Columns.requireWidening(source, schema);
    }
  }

  /** Bytes of all sources. */
  public long sourceBytes() {
    return sources.stream().mapToLong(MergeSource::sizeBytes).sum();
  }
}
