package io.duckmesh.workflows.compact;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * What a run starts with, and hands to the run that continues it.
 *
 * @param tableId the table's id, as text
 * @param tableName its name when the run was started, for people
 * @param dryRun whether it only plans
 * @param byHand whether somebody asked for it: windows do not bind it, and it ends as soon as
 *     nothing is left to merge
 * @param searchAttributes whether the server knows {@link io.duckmesh.workflows.SearchAttributes};
 *     without them the run keeps none
 * @param begunAtMillis when the first run of the chain began, null in it
 * @param progress what the runs before it in the chain have done, null at the beginning
 */
public record CompactInput(
    String tenant,
    String tableId,
    String tableName,
    @Nullable Boolean dryRun,
    @Nullable Boolean byHand,
    @Nullable Boolean searchAttributes,
    @Nullable Long begunAtMillis,
    @Nullable CompactProgress progress) {
  public CompactInput {
    requireNonNull(tenant, "tenant is null");
    requireNonNull(tableId, "tableId is null");
    requireNonNull(tableName, "tableName is null");
    dryRun = dryRun != null && dryRun;
    byHand = byHand != null && byHand;
    searchAttributes = searchAttributes != null && searchAttributes;
  }

  /** A run that nobody asked for. */
  public static CompactInput scheduled(
      String tenant, String tableId, String tableName, boolean searchAttributes) {
    return new CompactInput(tenant, tableId, tableName, false, false, searchAttributes, null, null);
  }

  /** A run that somebody asked for. */
  public static CompactInput byHand(
      String tenant, String tableId, String tableName, boolean dryRun, boolean searchAttributes) {
    return new CompactInput(tenant, tableId, tableName, dryRun, true, searchAttributes, null, null);
  }
}
