package io.duckmesh.activities.protocol;

/** What must hold in every state, between every state and the next, or when all is done. */
enum Invariant {
  NOTHING_LOST("every event at or below the watermark is visible, a duplicate or in quarantine"),
  NOTHING_DOUBLED("no row and no event key is visible twice"),
  NOTHING_EARLY("no row is visible before the watermark has passed it"),
  KEY_ORDER("of events of one key, the first in the log is the one that is visible"),
  WATERMARK_INCREASES("no watermark goes back"),
  WATERMARK_IS_DENSE("every position up to the watermark is in the log, and its landing is known"),
  LOG_NOT_AHEAD("the log has acknowledged nothing beyond the watermark"),
  SNAPSHOTS_INCREASE("a new snapshot has a higher number and a later time than all before it"),
  SNAPSHOTS_ARE_FIXED("what a snapshot answers never changes"),
  TOKENS_HOLD("a write whose token is satisfied is visible in the newest snapshot"),
  FILES_ARE_REGISTERED("a live file was registered before it was written, and is whole"),
  CONSERVATION("accepted = visible + duplicates + quarantined + pending, by count and by row"),
  STEPS_DO_NOT_BREAK("a step ends with a result or a failure that a retry mends"),
  ALL_LANDS("when nothing more happens, everything accepted has landed and is acknowledged");

  private final String words;

  Invariant(String words) {
    this.words = words;
  }

  String words() {
    return words;
  }
}
