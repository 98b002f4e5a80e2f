package io.duckmesh.catalog.upkeep;

import static java.util.Objects.requireNonNull;

import io.duckmesh.catalog.DataFile;
import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.TenantId;
import java.time.Instant;
import java.util.List;

/**
 * An attempt to put a file in the place of others.
 *
 * @param inputs the files that are to be rewritten, in order of place; those that live no more are
 *     not among them
 * @param inputCount how many there were when it was begun
 * @param inputRows rows that they had together
 */
public record Rewrite(
    RewriteId id,
    String runId,
    TenantId tenant,
    TableId table,
    RewriteKind kind,
    State state,
    List<DataFile> inputs,
    int inputCount,
    long inputRows,
    Instant begunAt) {
  /** How a rewrite stands. */
  public enum State {
    PLANNED,
    /** Its file is written. */
    PREPARED,
    PUBLISHED,
    /** It can never be published. */
    OVER
  }

  public Rewrite {
    requireNonNull(id, "id is null");
    requireNonNull(runId, "runId is null");
    requireNonNull(tenant, "tenant is null");
    requireNonNull(table, "table is null");
    requireNonNull(kind, "kind is null");
    requireNonNull(state, "state is null");
    requireNonNull(begunAt, "begunAt is null");
    inputs = List.copyOf(inputs);
  }
}
