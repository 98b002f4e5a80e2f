package io.duckmesh.workflows.schedule;

import io.duckmesh.workflows.collect.CollectInput;
import io.duckmesh.workflows.collect.CollectStarts;
import io.duckmesh.workflows.compact.CompactDueInput;
import io.duckmesh.workflows.compact.CompactStarts;
import io.duckmesh.workflows.expire.ExpireInput;
import io.duckmesh.workflows.expire.ExpireStarts;
import io.duckmesh.workflows.verify.VerifyInput;
import io.duckmesh.workflows.verify.VerifyStarts;
import io.temporal.client.WorkflowOptions;

/**
 * How a scheduled job is started: the same workflow with the same id as by hand, so that there is
 * one run at a time, whoever started it.
 *
 * @param workflowType name of the workflow
 * @param input what it starts with
 */
public record JobStart(String workflowType, WorkflowOptions options, Object input) {
  /** The start of the job. */
  public static JobStart of(JobSchedule schedule, boolean searchAttributes) {
    String tenant = schedule.tenant();
    return switch (schedule.job()) {
      case COMPACT_DUE -> {
        CompactDueInput input = new CompactDueInput(tenant, searchAttributes);
        yield start("compact-due", CompactStarts.options(input), schedule, input);
      }
      case EXPIRE -> {
        ExpireInput input = ExpireInput.scheduled(tenant, searchAttributes);
        yield start("expire", ExpireStarts.options(input, schedule.timeout()), schedule, input);
      }
      case VERIFY -> {
        VerifyInput input = VerifyInput.first(tenant, searchAttributes);
        yield start("verify", VerifyStarts.options(input, schedule.timeout()), schedule, input);
      }
      case COLLECT -> {
        CollectInput input = CollectInput.scheduled();
        yield start("collect", CollectStarts.options(input, schedule.timeout()), schedule, input);
      }
    };
  }

  private static JobStart start(
      String workflowType, WorkflowOptions options, JobSchedule schedule, Object input) {
    return new JobStart(
        workflowType,
        WorkflowOptions.newBuilder(options).setWorkflowExecutionTimeout(schedule.timeout()).build(),
        input);
  }
}
