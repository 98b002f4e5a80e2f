package io.duckmesh.workflows.schedule.temporal;

import io.duckmesh.workflows.schedule.Schedules;
import io.temporal.client.WorkflowClient;
import io.temporal.client.schedules.ScheduleClient;
import io.temporal.client.schedules.ScheduleClientOptions;

/** Schedules on a Temporal server. */
public final class TemporalSchedules {
  private TemporalSchedules() {}

  /**
   * Schedules of the client's namespace; on a server without them timers, which are workflows and
   * do the same. Which of the two is found out by the first call. Nothing has to be closed.
   *
   * @param client its data converter must be {@link io.duckmesh.workflows.PayloadConverters}
   * @param searchAttributes whether the server knows {@link io.duckmesh.workflows.SearchAttributes}
   */
  public static Schedules create(WorkflowClient client, boolean searchAttributes) {
    ScheduleClient schedules =
        ScheduleClient.newInstance(
            client.getWorkflowServiceStubs(),
            ScheduleClientOptions.newBuilder()
                .setNamespace(client.getOptions().getNamespace())
                .setDataConverter(client.getOptions().getDataConverter())
                .setIdentity(client.getOptions().getIdentity())
                .build());
    return new SchedulesOrTimers(
        new ServerSchedules(schedules, searchAttributes), new Timers(client, searchAttributes));
  }
}
