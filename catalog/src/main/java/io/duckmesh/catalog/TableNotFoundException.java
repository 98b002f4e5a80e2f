package io.duckmesh.catalog;

/** The tenant has no such table at that snapshot. */
public final class TableNotFoundException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public TableNotFoundException(TenantId tenant, String name) {
    super("Table not found: " + name);
  }
}
