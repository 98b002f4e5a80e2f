package io.duckmesh.bus;

/** Where an entry of the quarantine stands. The first state is left once, the others never. */
public enum QuarantineState {
  /** It waits for somebody. */
  QUARANTINED,
  /** Its events, as they were or edited, were appended to the log again. */
  REPLAYED,
  /** Somebody decided that its events are not wanted. */
  DROPPED
}
