package io.duckmesh.bus;

/** The tenant's quarantine has no such entry. */
public final class QuarantineEntryNotFoundException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final long id;

  public QuarantineEntryNotFoundException(String tenant, QuarantineId id) {
    super("Quarantine of tenant %s has no entry %s".formatted(tenant, id));
    this.id = id.value();
  }

  public QuarantineId id() {
    return new QuarantineId(id);
  }
}
