package io.duckmesh.catalog;

/** The tenant has a table of that name; nothing changed. */
public final class TableExistsException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public TableExistsException(TenantId tenant, String name) {
    super("Table exists: " + name);
  }
}
