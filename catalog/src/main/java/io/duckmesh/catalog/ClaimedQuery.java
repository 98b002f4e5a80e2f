package io.duckmesh.catalog;

import static java.util.Objects.requireNonNull;

/**
 * An asynchronous query that its owner has to run.
 *
 * @param request what its submitter gave
 */
public record ClaimedQuery(AsyncQuery query, String owner, String request) {
  public ClaimedQuery {
    requireNonNull(query, "query is null");
    requireNonNull(owner, "owner is null");
    requireNonNull(request, "request is null");
  }

  @Override
  public String toString() {
    return "ClaimedQuery[id=%s, owner=%s]".formatted(query.id(), owner);
  }
}
