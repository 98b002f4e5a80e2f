package io.duckmesh.catalog;

/** What a key may do. */
public enum Role {
  /** Sends events, reads receipts. */
  INGEST_WRITER,
  /** Runs queries, reads tables and snapshots. */
  QUERY_READER,
  /** Creates, changes and drops tables. */
  TABLE_ADMIN,
  /** Reads lag, runs maintenance, handles quarantine and pins. */
  OPS_ADMIN
}
