package io.duckmesh.catalog.conservation;

/**
 * Events by what became of them, with the two sides of the equation counted apart.
 *
 * @param accepted events that the log has taken
 * @param visible events that a data file has
 * @param duplicates events whose key had landed before
 * @param quarantined events that could not land
 * @param pending events above the watermark
 */
public record Balance(
    long accepted, long visible, long duplicates, long quarantined, long pending) {
  /** Accepted events that nothing became of; negative if more became of them than there were. */
  public long missing() {
    return accepted - visible - duplicates - quarantined - pending;
  }

  /** Whether every accepted event is somewhere, once. */
  public boolean balanced() {
    return missing() == 0;
  }
}
