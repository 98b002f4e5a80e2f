package io.duckmesh.api;

import io.duckmesh.api.problem.ApiError;
import io.duckmesh.api.problem.ProblemException;
import io.duckmesh.api.upkeep.UpkeepStarter;
import io.duckmesh.catalog.TableInfo;
import io.duckmesh.catalog.TenantId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** One run at a time of each workflow id, as Temporal has it; runs go on until they are ended. */
final class RecordedStarts implements UpkeepStarter {
  private final Map<String, String> active = new ConcurrentHashMap<>();
  private final List<String> cancelled = new CopyOnWriteArrayList<>();
  private volatile List<Schedule> schedules = List.of(new Schedule("collect", "10m", false));

  @Override
  public Started compact(TableInfo table) {
    return start("compact/" + table.id());
  }

  @Override
  public Started expire(TenantId tenant) {
    return start("expire/" + tenant);
  }

  @Override
  public Started collect() {
    return start("collect");
  }

  private Started start(String workflowId) {
    String runId = UUID.randomUUID().toString();
    String running = active.putIfAbsent(workflowId, runId);
    if (running != null) {
      throw new ProblemException(
          ApiError.RUN_ACTIVE, "A run is active: " + running, Map.of("run_id", running));
    }
    return new Started(runId, workflowId);
  }

  /** Ends the run of that workflow. */
  void end(String workflowId) {
    active.remove(workflowId);
  }

  @Override
  public void cancel(String workflowId, String runId) {
    cancelled.add(workflowId + " " + runId);
  }

  List<String> cancelled() {
    return cancelled;
  }

  @Override
  public Optional<String> link(String workflowId, String runId) {
    return Optional.of("http://temporal/" + workflowId + "/" + runId);
  }

  void schedules(List<Schedule> schedules) {
    this.schedules = schedules;
  }

  @Override
  public List<Schedule> schedules(TenantId tenant) {
    return schedules;
  }
}
