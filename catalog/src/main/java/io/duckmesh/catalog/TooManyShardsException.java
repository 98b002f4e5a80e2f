package io.duckmesh.catalog;

/** A table asks for more shards than its tenant has; nothing changed. */
public final class TooManyShardsException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int asked;
  private final int available;

  public TooManyShardsException(TenantId tenant, String table, int asked, int available) {
    super(
        "Table %s cannot live on %d shards: tenant %s has %d"
            .formatted(table, asked, tenant, available));
    this.asked = asked;
    this.available = available;
  }

  /** Shards that the table asks for. */
  public int asked() {
    return asked;
  }

  /** Shards that the tenant has. */
  public int available() {
    return available;
  }
}
