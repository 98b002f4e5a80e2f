package io.duckmesh.catalog.upkeep;

import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.TenantId;
import java.util.List;

/** What is wanted of tenants and tables; a table's wishes come before its tenant's. */
public interface Policies {
  /** The tenant's own wishes, {@link UpkeepPolicy#NONE} if it has none. */
  UpkeepPolicy load(TenantId tenant);

  /** The table's own wishes, {@link UpkeepPolicy#NONE} if it has none. */
  UpkeepPolicy load(TableId table);

  /**
   * Replaces the tenant's wishes. Jobs follow them from their next step on.
   *
   * @throws IllegalArgumentException if there is no such tenant
   */
  void set(TenantId tenant, UpkeepPolicy policy);

  /**
   * Replaces the table's wishes. Jobs follow them from their next step on.
   *
   * @throws IllegalArgumentException if there is no such table
   */
  void set(TableId table, UpkeepPolicy policy);

  /**
   * The table's own wishes.
   *
   * @throws IllegalArgumentException if there is no such table
   */
  TableWishes wishes(TableId table);

  /**
   * Replaces the tenant's wishes if they still are the expected ones.
   *
   * @return whether they were
   * @throws IllegalArgumentException if there is no such tenant
   */
  boolean replace(TenantId tenant, UpkeepPolicy expected, UpkeepPolicy policy);

  /**
   * Replaces the table's wishes, all at once, if they still are the expected ones. Files that are
   * there stay sorted as they are until they are merged.
   *
   * @return whether they were
   * @throws IllegalArgumentException if there is no such table
   */
  boolean replace(TableId table, TableWishes expected, TableWishes wishes);

  /**
   * What holds for the table, dropped or not.
   *
   * @throws IllegalArgumentException if there is no such table
   */
  TablePolicy effective(TableId table);

  /** What holds for the tenant's live tables, by name. */
  List<TablePolicy> list(TenantId tenant);
}
