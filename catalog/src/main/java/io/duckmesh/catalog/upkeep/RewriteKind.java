package io.duckmesh.catalog.upkeep;

/** What a rewrite does to rows. */
public enum RewriteKind {
  /** Keeps every row. */
  COMPACT,
  /** Leaves rows out that are too old; nothing is left of the files if all are. */
  TRIM
}
