package io.duckmesh.worker;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** What a process of DuckMesh does. */
public enum Role {
  /** Takes events and answers queries over HTTP. */
  API,
  /** Lands batches as data files. */
  MATERIALIZER,
  /** Rewrites data files: merges small ones, and drops rows by their age. */
  COMPACTOR,
  /**
   * Plans and publishes what compactors do, expires, deletes garbage, verifies, keeps schedules.
   */
  COLLECTOR;

  /** The name in settings, for example {@code api}. */
  public String settingName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether the role polls Temporal. */
  boolean isWorker() {
    return this != API;
  }

  static String names() {
    return Arrays.stream(values()).map(Role::settingName).collect(Collectors.joining(", "));
  }
}
