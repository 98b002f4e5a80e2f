package io.duckmesh.activities.protocol;

/** What a broken log or catalog does otherwise. */
enum Flaw {
  /** Nothing: the variant behaves like the part that it stands for. */
  NONE,
  /** A commit sets the watermark, wherever it stands. */
  NO_COMPARE_AND_SET,
  /** Numbers of snapshots are drawn before the commit that uses them. */
  SNAPSHOT_IDS_FROM_A_SEQUENCE,
  /** A snapshot's time is what the committing worker's clock says. */
  SNAPSHOT_TIMES_FROM_CLOCKS,
  /** Keys count from when they are recorded, whether their write commits or not. */
  KEYS_COUNT_BEFORE_COMMIT,
  /** Keys of a commit count only once another transaction has followed it. */
  KEYS_COUNT_LATER,
  /** The watermark moves in a transaction of its own, before the files are there. */
  WATERMARK_MOVES_BEFORE_FILES,
  /** Segments do not carry their request's key: only gateways look at it. */
  REQUEST_KEYS_ONLY_AT_GATEWAYS,
  /** Positions are drawn before the transaction that uses them. */
  POSITIONS_FROM_A_SEQUENCE
}
