package io.duckmesh.engine.query.pruning;

import io.duckmesh.engine.parquet.ColumnStats;
import io.duckmesh.engine.schema.Column;
import io.duckmesh.engine.schema.ColumnType;
import io.duckmesh.engine.schema.RowSchema;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What is known of the columns of a table's files, kept small: some bytes for a column of a file.
 * Immutable; may be used from any thread.
 */
public final class TableStatistics {
  /** Nothing is known of any file. */
  public static final TableStatistics NONE = new TableStatistics(0, Map.of(), Map.of());

  private final int files;
  private final Map<Integer, ColumnType> types;
  private final Map<Integer, FileBounds> columns;

  private TableStatistics(
      int files, Map<Integer, ColumnType> types, Map<Integer, FileBounds> columns) {
    this.files = files;
    this.types = types;
    this.columns = columns;
  }

  /** Files that something may be known of; those after them are unknown. */
  public int files() {
    return files;
  }

  /** Bytes of memory that this takes, roughly. */
  public long weight() {
    return columns.values().stream().mapToLong(FileBounds::weight).sum();
  }

  /**
   * Files that the scans may need a row of, by their place among the table's; files of which
   * nothing is known are among them.
   *
   * @param files how many the table has
   * @param scans all places where the table is read
   */
  public BitSet needed(int files, RowSchema schema, List<Scan> scans, ParameterValues parameters) {
    BitSet needed = new BitSet(files);
    Filters filters = new Filters(schema, this, parameters);
    for (Scan scan : scans) {
      BitSet ofScan = new BitSet(files);
      ofScan.set(0, files);
      filters.clearUnneeded(scan, ofScan, Math.min(files, this.files));
      needed.or(ofScan);
    }
    return needed;
  }

  @Nullable FileBounds column(int fieldId) {
    return columns.get(fieldId);
  }

  /** Collects the statistics of a table's files in their order. */
  public static final class Builder {
    private final Map<Integer, ColumnType> types = new HashMap<>();
    private final Map<Integer, FileBounds> columns = new HashMap<>();
    private int capacity;
    private int files;

    /**
     * @param schema the table's own, in which statements name its columns
     * @param expectedFiles how many files will be added; more may be
     */
    public Builder(RowSchema schema, int expectedFiles) {
      this.capacity = Math.max(1, expectedFiles);
      for (Column column : schema.columns()) {
        types.put(column.fieldId(), column.type());
        columns.put(column.fieldId(), FileBounds.of(column.type(), capacity));
      }
    }

    /**
     * Adds the next file.
     *
     * @param writtenWith the schema that the file was written with, by whose types the texts are
     *     read
     * @param statistics of any of its columns; of others nothing is known
     */
    public void add(RowSchema writtenWith, long rowCount, List<ColumnStats> statistics) {
      int file = next();
      Map<Integer, ColumnType> written = new HashMap<>();
      for (Column column : writtenWith.columns()) {
        written.put(column.fieldId(), column.type());
      }
      for (ColumnStats stats : statistics) {
        FileBounds bounds = columns.get(stats.fieldId());
        ColumnType type = written.get(stats.fieldId());
        if (bounds != null && type != null) {
          bounds.set(file, type, rowCount, stats);
        }
      }
    }

    /** Adds a file of other statistics again. */
    public void add(TableStatistics from, int index) {
      int file = next();
      columns.forEach(
          (fieldId, bounds) -> {
            FileBounds known = from.columns.get(fieldId);
            if (index < from.files
                && known != null
                && Objects.equals(types.get(fieldId), from.types.get(fieldId))) {
              bounds.copy(file, known, index);
            }
          });
    }

    private int next() {
      if (files == capacity) {
        capacity = Math.max(16, capacity + (capacity >> 1));
        columns.values().forEach(bounds -> bounds.grow(capacity));
      }
      return files++;
    }

    /** The statistics of what was added; the builder is used up. */
    public TableStatistics build() {
      columns.values().forEach(bounds -> bounds.grow(files));
      return new TableStatistics(files, Map.copyOf(types), Map.copyOf(columns));
    }
  }
}
