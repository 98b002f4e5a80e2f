package io.duckmesh.worker;

import io.duckmesh.api.json.Durations;
import io.duckmesh.api.problem.ApiError;
import io.duckmesh.api.problem.ProblemException;
import io.duckmesh.api.upkeep.UpkeepStarter;
import io.duckmesh.catalog.TableInfo;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.workflows.RunStart;
import io.duckmesh.workflows.WorkflowIds;
import io.duckmesh.workflows.collect.CollectInput;
import io.duckmesh.workflows.collect.CollectStarts;
import io.duckmesh.workflows.compact.CompactInput;
import io.duckmesh.workflows.compact.CompactStarts;
import io.duckmesh.workflows.expire.ExpireInput;
import io.duckmesh.workflows.expire.ExpireStarts;
import io.duckmesh.workflows.schedule.Schedules;
import io.duckmesh.workflows.schedule.temporal.TemporalSchedules;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowNotFoundException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** Starts and stops the workflows. */
final class TemporalUpkeepStarter implements UpkeepStarter {
  private final WorkflowClient client;
  private final Schedules schedules;
  private final String uiUrl;

  /**
   * @param uiUrl of Temporal's Web UI, empty if there is none
   */
  TemporalUpkeepStarter(WorkflowClient client, String uiUrl) {
    this.client = client;
    this.schedules = TemporalSchedules.create(client, false);
    this.uiUrl = uiUrl.endsWith("/") ? uiUrl.substring(0, uiUrl.length() - 1) : uiUrl;
  }

  // Without search attributes: a server that does not know them would refuse the start.

  @Override
  public Started compact(TableInfo table) {
    return start(
        "Files of table %s are being merged".formatted(table.name()),
        () ->
            CompactStarts.start(
                client,
                CompactInput.byHand(
                    table.tenant().value(), table.id().toString(), table.name(), false, false)));
  }

  @Override
  public Started expire(TenantId tenant) {
    return start(
        "A run of expire is active",
        () -> ExpireStarts.start(client, ExpireInput.byHand(tenant.value(), false, false)));
  }

  @Override
  public Started collect() {
    return start(
        "A run of collect is active",
        () -> CollectStarts.start(client, CollectInput.byHand(false)));
  }

  private Started start(String active, Supplier<RunStart> start) {
    RunStart run = TemporalCalls.call(client, "the run was not started", start);
    if (!run.started()) {
      throw new ProblemException(
          ApiError.RUN_ACTIVE,
          "%s: %s".formatted(active, run.runId()),
          Map.of("run_id", run.runId()),
          null,
          null);
    }
    return new Started(run.runId(), run.workflowId());
  }

  @Override
  public void cancel(String workflowId, String runId) {
    // Not of that execution alone: a run that goes on in a new one keeps the id of its first.
    boolean unused =
        TemporalCalls.call(
            client,
            "the run was not cancelled",
            () -> {
              try {
                client.newUntypedWorkflowStub(workflowId).cancel();
                return true;
              } catch (WorkflowNotFoundException e) {
                return false;
              }
            });
  }

  @Override
  public Optional<String> link(String workflowId, String runId) {
    return uiUrl.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "%s/namespaces/%s/workflows/%s/%s/history"
                .formatted(
                    uiUrl,
                    encode(client.getOptions().getNamespace()),
                    encode(workflowId),
                    encode(runId)));
  }

  private static String encode(String part) {
    return URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20");
  }

  @Override
  public List<Schedule> schedules(TenantId tenant) {
    return TemporalCalls.call(client, "it is not known which jobs start", schedules::list).stream()
        .filter(
            schedule ->
                schedule.id().endsWith("/" + tenant) || schedule.id().equals(WorkflowIds.collect()))
        .map(
            schedule ->
                new Schedule(schedule.id(), Durations.format(schedule.every()), schedule.paused()))
        .toList();
  }
}
