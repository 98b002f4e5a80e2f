package io.duckmesh.activities.compact;

import io.duckmesh.activities.Progress;
import io.duckmesh.activities.StopSignal;
import io.duckmesh.activities.TableSchemas;
import io.duckmesh.activities.WrittenFiles;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.CommitConflictException;
import io.duckmesh.catalog.DataFile;
import io.duckmesh.catalog.TableInfo;
import io.duckmesh.catalog.upkeep.Rewrite;
import io.duckmesh.catalog.upkeep.RewriteKind;
import io.duckmesh.catalog.upkeep.RowRetention;
import io.duckmesh.catalog.upkeep.Upkeep;
import io.duckmesh.engine.merge.FileMerger;
import io.duckmesh.engine.merge.MergeOrder;
import io.duckmesh.engine.merge.MergeSource;
import io.duckmesh.engine.merge.MergedFile;
import io.duckmesh.engine.merge.RowAge;
import io.duckmesh.engine.merge.RowCutoff;
import io.duckmesh.engine.objects.ObjectKey;
import io.duckmesh.engine.objects.ObjectStore;
import io.duckmesh.engine.objects.ObjectStoreUnavailableException;
import io.duckmesh.engine.objects.ObjectWriter;
import io.duckmesh.engine.parquet.ColumnStats;
import io.duckmesh.engine.schema.Column;
import io.duckmesh.engine.schema.RowSchema;
import java.io.IOException;
import java.time.Clock;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Turns a rewrite's files into the one that takes their place, and prepares the rewrite. */
final class GroupRewriter {
  private final Catalog catalog;
  private final Upkeep upkeep;
  private final ObjectStore store;
  private final Supplier<FileMerger> merger;
  private final TableSchemas schemas;
  private final long memoryBytes;
  private final Clock clock;
  private final Supplier<UUID> ids;

  GroupRewriter(
      Catalog catalog,
      Upkeep upkeep,
      ObjectStore store,
      Supplier<FileMerger> merger,
      long memoryBytes,
      Clock clock,
      Supplier<UUID> ids) {
    this.catalog = catalog;
    this.upkeep = upkeep;
    this.store = store;
    this.merger = merger;
    this.schemas = new TableSchemas(catalog);
    this.memoryBytes = memoryBytes;
    this.clock = clock;
    this.ids = ids;
  }

  /**
   * What the rewrite's files became.
   *
   * @param output null if no row is left
   */
  record Rewritten(@Nullable DataFile output) {}

  /**
   * Writes the file and prepares the rewrite, which must be planned.
   *
   * @throws CommitConflictException if it can not be published any more; it is over
   * @throws IllegalStateException if another attempt has prepared it
   */
  Rewritten rewrite(Rewrite rewrite, Progress progress, StopSignal stop) {
    TableInfo table =
        catalog.tables().find(rewrite.table()).filter(found -> !found.dropped()).orElse(null);
    if (table == null) {
      throw over(rewrite, "Table %s was dropped".formatted(rewrite.table()));
    }
    if (rewrite.inputs().size() < rewrite.inputCount()) {
      throw over(
          rewrite,
          "%d of its %d files live no more"
              .formatted(rewrite.inputCount() - rewrite.inputs().size(), rewrite.inputCount()));
    }
    RowSchema schema = schema(table, table.schema().version());
    RowCutoff cutoff = rewrite.kind() == RewriteKind.TRIM ? cutoff(rewrite, table) : null;
    DataFile output = null;
    if (cutoff == null
        || !rewrite.inputs().stream().allMatch(file -> isDropped(cutoff, schema, file))) {
      output = write(rewrite, table, order(rewrite, table, schema, cutoff), progress, stop);
    }
    upkeep.rewrites().prepare(rewrite.id(), output);
    return new Rewritten(output);
  }

  private @Nullable DataFile write(
      Rewrite rewrite, TableInfo table, MergeOrder order, Progress progress, StopSignal stop) {
    ObjectKey key =
        new ObjectKey(
            "%s/%s/%s-%s.parquet".formatted(table.tenant(), table.id(), rewrite.id(), ids.get()));
    upkeep.rewrites().registerPending(rewrite.id(), key.value());
    try (ObjectWriter object = store.create(key)) {
      MergedFile merged =
          merger
              .get()
              .merge(
                  order,
                  object.stream(),
                  rows -> {
                    progress.words(
                        "merged %,d of %,d rows of %,d files of table %s",
                        rows, rewrite.inputRows(), rewrite.inputCount(), table.name());
                    stop.check();
                  });
      if (merged.written() == null) {
        return null;
      }
      stop.check();
      object.publish();
      return WrittenFiles.toCatalog(table.id(), key, order.schema().version(), merged.written());
    } catch (IOException e) {
      throw new ObjectStoreUnavailableException("Cannot write object " + key, e);
    }
  }

  private MergeOrder order(
      Rewrite rewrite, TableInfo table, RowSchema schema, @Nullable RowCutoff cutoff) {
    return new MergeOrder(
        schema,
        rewrite.inputs().stream()
            .map(
                file ->
                    new MergeSource(
                        new ObjectKey(file.objectKey()),
                        file.sizeBytes(),
                        file.contentHash(),
                        schema(table, file.schemaVersion())))
            .toList(),
        table.sortBy().stream().map(name -> fieldId(schema, name)).toList(),
        cutoff,
        memoryBytes);
  }

  private RowCutoff cutoff(Rewrite rewrite, TableInfo table) {
    RowRetention retention = upkeep.policies().effective(table.id()).rows();
    if (retention == null) {
      throw over(rewrite, "Table %s keeps its rows now".formatted(table.name()));
    }
    return new RowCutoff(retention.fieldId(), clock.instant().minus(retention.keep()));
  }

  private static boolean isDropped(RowCutoff cutoff, RowSchema schema, DataFile file) {
    ColumnStats statistics =
        file.statistics().stream()
            .filter(column -> column.fieldId() == cutoff.fieldId())
            .findFirst()
            .map(WrittenFiles::toEngine)
            .orElse(null);
    return RowAge.of(cutoff, schema, file.rowCount(), statistics) == RowAge.ALL_DROPPED;
  }

  private RowSchema schema(TableInfo table, int version) {
    return schemas
        .find(table.id(), version)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "Table %s has no schema version %d".formatted(table.name(), version)));
  }

  private static int fieldId(RowSchema schema, String name) {
    for (Column column : schema.columns()) {
      if (column.name().equalsIgnoreCase(name)) {
        return column.fieldId();
      }
    }
    throw new IllegalArgumentException(
        "Column %s, which the table is sorted by, is not in schema version %d"
            .formatted(name, schema.version()));
  }

  private CommitConflictException over(Rewrite rewrite, String reason) {
    upkeep.rewrites().abandon(rewrite.id());
    return new CommitConflictException(reason);
  }
}
