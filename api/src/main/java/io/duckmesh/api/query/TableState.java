package io.duckmesh.api.query;

import io.duckmesh.api.tables.Schemas;
import io.duckmesh.catalog.ColumnStatistics;
import io.duckmesh.catalog.DataFile;
import io.duckmesh.catalog.ManifestChange;
import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.TableInfo;
import io.duckmesh.catalog.TableManifest;
import io.duckmesh.catalog.TableSchema;
import io.duckmesh.engine.objects.ObjectKey;
import io.duckmesh.engine.parquet.ColumnStats;
import io.duckmesh.engine.query.BoundTable;
import io.duckmesh.engine.query.BoundTable.TableFile;
import io.duckmesh.engine.query.TableReference;
import io.duckmesh.engine.query.pruning.TableStatistics;
import io.duckmesh.engine.schema.RowSchema;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntFunction;

/** A table in one state: its schema, its files, and what is known of them. */
record TableState(
    TableId table,
    SnapshotId changedIn,
    RowSchema schema,
    List<TableFile> files,
    TableStatistics statistics) {
  /** Bytes of a file's entry beside its key: objects, references, hash. */
  private static final int FILE_BYTES = 280;

  TableState {
    files = List.copyOf(files);
  }

  /**
   * @param schemas gives the table's schema of a version, by which files of that version were
   *     written
   */
  static TableState of(TableManifest manifest, IntFunction<Optional<TableSchema>> schemas) {
    RowSchema schema = Schemas.toRowSchema(manifest.table().schema());
    Files files = new Files(manifest.table(), schema, schemas, manifest.files().size());
    manifest.files().forEach(files::add);
    return files.state(manifest.changedIn());
  }

  /**
   * The state after the change, which began at this one, at a cost that hardly depends on how many
   * files stay.
   */
  TableState changed(ManifestChange change, IntFunction<Optional<TableSchema>> schemas) {
    RowSchema newSchema = Schemas.toRowSchema(change.table().schema());
    Set<String> removed = change.removed();
    Files kept =
        new Files(change.table(), newSchema, schemas, files.size() + change.added().size());
    for (int i = 0; i < files.size(); i++) {
      if (!removed.contains(files.get(i).key().value())) {
        kept.add(this, i);
      }
    }
    change.added().forEach(kept::add);
    return kept.state(change.changedIn());
  }

  BoundTable bind(TableReference reference) {
    return new BoundTable(reference, table + "@" + changedIn, schema, files, statistics);
  }

  /** Files that the other state has not. */
  List<TableFile> filesBeside(TableState other) {
    Set<ObjectKey> known = new HashSet<>();
    other.files.forEach(file -> known.add(file.key()));
    return files.stream().filter(file -> !known.contains(file.key())).toList();
  }

  /** Bytes of memory that this takes, roughly. */
  int weight() {
    long bytes = 1_000 + statistics.weight();
    for (TableFile file : files) {
      bytes += FILE_BYTES + file.key().value().length();
    }
    return (int) Math.min(bytes, Integer.MAX_VALUE);
  }

  /** Collects the files of a state. */
  private static final class Files {
    private final TableInfo table;
    private final RowSchema schema;
    private final IntFunction<Optional<TableSchema>> schemas;
    private final List<TableFile> files;
    private final TableStatistics.Builder statistics;
    private final Map<Integer, Optional<RowSchema>> known = new HashMap<>();

    Files(
        TableInfo table,
        RowSchema schema,
        IntFunction<Optional<TableSchema>> schemas,
        int expected) {
      this.table = table;
      this.schema = schema;
      this.schemas = schemas;
      this.files = new ArrayList<>(expected);
      this.statistics = new TableStatistics.Builder(schema, expected);
      known.put(schema.version(), Optional.of(schema));
    }

    void add(DataFile file) {
      files.add(
          new TableFile(
              new ObjectKey(file.objectKey()),
              file.sizeBytes(),
              file.rowCount(),
              file.contentHash(),
              file.schemaVersion()));
      Optional<RowSchema> writtenWith =
          known.computeIfAbsent(
              file.schemaVersion(), version -> schemas.apply(version).map(Schemas::toRowSchema));
      statistics.add(
          writtenWith.orElse(schema),
          file.rowCount(),
          writtenWith.isPresent() ? toEngine(file.statistics()) : List.of());
    }

    void add(TableState from, int file) {
      files.add(from.files.get(file));
      statistics.add(from.statistics, file);
    }

    TableState state(SnapshotId changedIn) {
      return new TableState(table.id(), changedIn, schema, files, statistics.build());
    }

    private static List<ColumnStats> toEngine(List<ColumnStatistics> statistics) {
      List<ColumnStats> stats = new ArrayList<>(statistics.size());
      for (ColumnStatistics column : statistics) {
        stats.add(Schemas.toColumnStats(column));
      }
      return stats;
    }
  }
}
