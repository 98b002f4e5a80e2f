package io.duckmesh.catalog;

import static java.util.Objects.requireNonNull;

import java.time.Instant;

/** A place in the list of queries: that of the query with this id, asked at this time. */
public record QueryCursor(Instant submittedAt, QueryId id) {
  public QueryCursor {
    requireNonNull(submittedAt, "submittedAt is null");
    requireNonNull(id, "id is null");
  }

  public static QueryCursor of(QueryRecord record) {
    return new QueryCursor(record.submittedAt(), record.id());
  }
}
