package io.duckmesh.workflows.compact;

import static java.util.Objects.requireNonNull;

/**
 * What a run is doing.
 *
 * @param state {@code planning}, {@code rewriting} or {@code ended}
 * @param groups groups of the plan at hand that are neither published nor lost
 */
public record CompactStatus(
    String tenant,
    String tableId,
    String tableName,
    String state,
    int groups,
    CompactProgress progress) {
  public CompactStatus {
    requireNonNull(tenant, "tenant is null");
    requireNonNull(tableId, "tableId is null");
    requireNonNull(tableName, "tableName is null");
    requireNonNull(state, "state is null");
    requireNonNull(progress, "progress is null");
  }
}
