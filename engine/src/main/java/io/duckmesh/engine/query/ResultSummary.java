package io.duckmesh.engine.query;

/** What was written: rows, bytes, and whether a limit cut the answer. */
public record ResultSummary(long rowCount, long byteCount, boolean truncated) {}
