package io.duckmesh.catalog.upkeep;

import static java.util.Objects.requireNonNull;

import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.TenantId;
import org.jspecify.annotations.Nullable;

/**
 * A run that begins.
 *
 * @param runId unique for ever: the id of the first execution of its workflow
 * @param tenant null: of all
 * @param table null: of all
 * @param dryRun whether it only plans
 * @param trigger who or what started it, for example {@code schedule} or {@code hand}
 */
public record RunDraft(
    String runId,
    UpkeepJob job,
    @Nullable TenantId tenant,
    @Nullable TableId table,
    boolean dryRun,
    String workflowId,
    String trigger) {
  public RunDraft {
    requireNonNull(runId, "runId is null");
    requireNonNull(job, "job is null");
    requireNonNull(workflowId, "workflowId is null");
    requireNonNull(trigger, "trigger is null");
  }
}
