package io.duckmesh.catalog;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a query: who asked what, when, and what became of it.
 *
 * @param keyId public part of the API key that asked
 * @param keyLabel the key's label; null when it is written, known when it is read
 * @param startedAt null while it waits to be run, and if it never was
 * @param finishedAt null while it has not ended
 * @param snapshot the snapshot that was read, null while it is not known
 * @param tables names of the tables that the statement reads, sorted
 * @param outcome {@code ok} or what kept it from that, an error code in lower case; null while it
 *     has not ended
 */
public record QueryRecord(
    QueryId id,
    TenantId tenant,
    String keyId,
    @Nullable String keyLabel,
    Mode mode,
    QueryState state,
    QueryText text,
    Instant submittedAt,
    @Nullable Instant startedAt,
    @Nullable Instant finishedAt,
    @Nullable SnapshotId snapshot,
    List<String> tables,
    @Nullable String outcome,
    QueryStats stats) {
  /** Who waits for the answer. */
  public enum Mode {
    /** The client that asked. */
    SYNC,
    /** Nobody: the result is kept to be fetched. */
    ASYNC
  }

  public QueryRecord {
    requireNonNull(id, "id is null");
    requireNonNull(tenant, "tenant is null");
    requireNonNull(keyId, "keyId is null");
    requireNonNull(mode, "mode is null");
    requireNonNull(state, "state is null");
    requireNonNull(text, "text is null");
    requireNonNull(submittedAt, "submittedAt is null");
    requireNonNull(stats, "stats is null");
    tables = List.copyOf(tables);
  }
}
