package io.duckmesh.catalog;

import static java.util.Objects.requireNonNull;

/** The tenant has a live table of that name, perhaps in another case; nothing changed. */
public final class TableExistsException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String existing;

  /**
   * @param existing the name of the table that is there, in its own case
   */
  public TableExistsException(TenantId tenant, String existing) {
    super("Tenant %s has the table %s".formatted(tenant, requireNonNull(existing)));
    this.existing = existing;
  }

  /** The name of the table that is there, in its own case. */
  public String existing() {
    return existing;
  }
}
