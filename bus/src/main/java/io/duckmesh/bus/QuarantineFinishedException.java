package io.duckmesh.bus;

/** The entry was dropped and cannot be replayed, or was replayed and cannot be dropped. */
public final class QuarantineFinishedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient QuarantineEntry entry;

  public QuarantineFinishedException(QuarantineEntry entry) {
    super(
        "Quarantine entry %s was %s already, at %s"
            .formatted(
                entry.id(),
                entry.state() == QuarantineState.DROPPED ? "dropped" : "replayed",
                entry.finishedAt()));
    this.entry = entry;
  }

  public QuarantineEntry entry() {
    return entry;
  }
}
