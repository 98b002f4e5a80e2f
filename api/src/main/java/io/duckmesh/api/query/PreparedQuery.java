package io.duckmesh.api.query;

import static java.util.Objects.requireNonNull;

import io.duckmesh.api.auth.Caller;
import io.duckmesh.catalog.Snapshot;
import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.engine.query.BoundTable;
import io.duckmesh.engine.query.CheckedQuery;
import java.util.List;
import java.util.Set;

/**
 * A query that the guard let pass, at the snapshot that it reads, with its tables there. Nothing of
 * it runs yet and nothing has to be freed.
 *
 * @param queryId names it in answers, logs and the history
 * @param reads snapshots that have all the files of the tables
 */
record PreparedQuery(
    String queryId,
    Caller caller,
    QueryRequest asked,
    CheckedQuery checked,
    Snapshot snapshot,
    List<BoundTable> tables,
    Set<SnapshotId> reads,
    QueryPhases phases) {
  PreparedQuery {
    requireNonNull(queryId, "queryId is null");
    requireNonNull(caller, "caller is null");
    requireNonNull(asked, "asked is null");
    requireNonNull(checked, "checked is null");
    requireNonNull(snapshot, "snapshot is null");
    requireNonNull(phases, "phases is null");
    tables = List.copyOf(tables);
    reads = Set.copyOf(reads);
  }
}
