package io.duckmesh.activities.schedule;

import io.duckmesh.activities.SearchAttributeSetup;
import io.duckmesh.workflows.schedule.Schedules;
import io.duckmesh.workflows.schedule.temporal.TemporalSchedules;
import io.temporal.client.WorkflowClient;
import org.jspecify.annotations.Nullable;

/** The server's schedules, once it answers. */
public final class ServerSchedules {
  private final WorkflowClient client;
  private @Nullable Boolean searchAttributes;
  private @Nullable Schedules schedules;

  /**
   * @param client its data converter must be {@link io.duckmesh.workflows.PayloadConverters}
   */
  public ServerSchedules(WorkflowClient client) {
    this.client = client;
  }

  public WorkflowClient client() {
    return client;
  }

  /**
   * Whether workflows can use our search attributes, which are registered where they are missing.
   *
   * @throws io.grpc.StatusRuntimeException if the server does not answer
   */
  public synchronized boolean searchAttributes() {
    Boolean known = searchAttributes;
    if (known == null) {
      known = SearchAttributeSetup.ensure(client);
      searchAttributes = known;
    }
    return known;
  }

  /**
   * The schedules, or what stands in for them.
   *
   * @throws io.grpc.StatusRuntimeException if the server does not answer
   */
  public synchronized Schedules schedules() {
    Schedules known = schedules;
    if (known == null) {
      known = TemporalSchedules.create(client, searchAttributes());
      schedules = known;
    }
    return known;
  }
}
