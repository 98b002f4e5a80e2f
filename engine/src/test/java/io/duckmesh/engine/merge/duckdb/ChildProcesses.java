package io.duckmesh.engine.merge.duckdb;

import io.duckmesh.engine.query.duckdb.process.DuckDbProcess;

/** Processes that this one has started. */
final class ChildProcesses {
  private ChildProcesses() {}

  /** Memory that they take together. */
  static long residentBytes() {
    return ProcessHandle.current()
        .children()
        .mapToLong(child -> DuckDbProcess.residentBytes(child.pid()).orElse(0))
        .sum();
  }
}
