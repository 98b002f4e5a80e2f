package io.duckmesh.catalog.upkeep;

/** What a run was for. */
public enum UpkeepJob {
  COMPACT,
  EXPIRE,
  COLLECT
}
