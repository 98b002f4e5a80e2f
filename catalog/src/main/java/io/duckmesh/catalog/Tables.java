package io.duckmesh.catalog;

import java.util.List;
import java.util.Optional;

/** Tables as they are now. Creating and dropping are snapshots of their own. */
public interface Tables {
  /**
   * Creates the table, on the tenant's least used shards.
   *
   * @throws TableExistsException if a live table has that name
   * @throws IllegalArgumentException if it has no columns or two of one name, or asks for more
   *     shards than the tenant has
   */
  TableInfo create(TenantId tenant, TableDraft draft);

  /** Finds a live table by name. */
  Optional<TableInfo> find(TenantId tenant, String name);

  /** Finds a table by id, dropped or not, with its newest schema. */
  Optional<TableInfo> find(TableId table);

  /** Live tables by name. */
  List<TableInfo> list(TenantId tenant);

  /** The given version of the table's schema, dropped or not. */
  Optional<TableSchema> findSchema(TableId table, int version);

  /**
   * Drops the table: snapshots from the returned one on do not have it, earlier ones keep it.
   *
   * @throws TableNotFoundException if no live table has that name
   */
  Snapshot drop(TenantId tenant, String name);

  /** Events of the table by what became of them, over all landed batches. */
  TableCounts counts(TableId table);
}
