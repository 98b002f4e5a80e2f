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
   * What holds for the table, dropped or not.
   *
   * @throws IllegalArgumentException if there is no such table
   */
  TablePolicy effective(TableId table);

  /** What holds for the tenant's live tables, by name. */
  List<TablePolicy> list(TenantId tenant);
}
