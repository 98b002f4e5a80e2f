package io.duckmesh.catalog;

import java.util.List;
import java.util.Optional;

/**
 * Tables as they are now. Creating and dropping are snapshots of their own.
 *
 * <p>A name keeps the case in which its table was created, and is found in any case, as in SQL:
 * live tables of a tenant have names that differ by more than the case of the letters A to Z.
 */
public interface Tables {
  /**
   * Creates the table, on the tenant's least used shards.
   *
   * @throws TableExistsException if a live table has that name, in whatever case
   * @throws TooManyShardsException if it asks for more shards than the tenant has
   * @throws IllegalArgumentException if it has no columns or two of one name
   */
  TableInfo create(TenantId tenant, TableDraft draft);

  /** Finds a live table by name, in any case. */
  Optional<TableInfo> find(TenantId tenant, String name);

  /** Finds a table by id, dropped or not, with its newest schema. */
  Optional<TableInfo> find(TableId table);

  /** Tables that have or had that name, in any case, dropped ones included; the newest first. */
  List<TableInfo> listNamed(TenantId tenant, String name);

  /** Live tables by name. */
  List<TableInfo> list(TenantId tenant);

  /** The given version of the table's schema, dropped or not. */
  Optional<TableSchema> findSchema(TableId table, int version);

  /**
   * Drops the table of that name, in any case: snapshots from the returned one on do not have it,
   * earlier ones keep it.
   *
   * @throws TableNotFoundException if no live table has that name
   */
  Snapshot drop(TenantId tenant, String name);

  /** Events of the table by what became of them, over all landed batches. */
  TableCounts counts(TableId table);
}
