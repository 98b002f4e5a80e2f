package io.duckmesh.api.upkeep;

import io.duckmesh.catalog.TableInfo;
import io.duckmesh.catalog.TenantId;
import java.util.List;
import java.util.Optional;

/**
 * Starts and stops runs of the jobs that keep tables in shape.
 *
 * <p>Every method may throw {@link io.duckmesh.api.problem.ProblemException} {@code UNAVAILABLE} if
 * what runs them does not answer.
 */
public interface UpkeepStarter {
  /**
   * A run that was started.
   *
   * @param runId by which the catalog knows it
   */
  record Started(String runId, String workflowId) {}

  /**
   * When a job starts by itself.
   *
   * @param every such as {@code 10s}
   */
  record Schedule(String id, String every, boolean paused) {}

  /**
   * Starts merging the table's files, whatever its window says.
   *
   * @throws io.duckmesh.api.problem.ProblemException {@code RUN_ACTIVE} if one of the table runs
   */
  Started compact(TableInfo table);

  /**
   * Starts expiring snapshots and rows.
   *
   * @throws io.duckmesh.api.problem.ProblemException {@code RUN_ACTIVE} if one of the tenant runs
   */
  Started expire(TenantId tenant);

  /**
   * Starts deleting objects that nothing refers to, of all tenants.
   *
   * @throws io.duckmesh.api.problem.ProblemException {@code RUN_ACTIVE} if one runs
   */
  Started collect();

  /**
   * Asks the run to stop; what it has published stays. Does not wait. Repeatable; nothing happens
   * if it has ended.
   */
  void cancel(String workflowId, String runId);

  /** Where people see the run, if there is such a place. */
  Optional<String> link(String workflowId, String runId);

  /** The schedules of the tenant and those of all tenants. */
  List<Schedule> schedules(TenantId tenant);
}
