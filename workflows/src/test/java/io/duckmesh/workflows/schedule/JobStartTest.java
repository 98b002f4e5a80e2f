package io.duckmesh.workflows.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.workflows.collect.CollectWorkflow;
import io.duckmesh.workflows.compact.CompactDueWorkflow;
import io.duckmesh.workflows.expire.ExpireWorkflow;
import io.duckmesh.workflows.verify.VerifyWorkflow;
import io.temporal.workflow.WorkflowMethod;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class JobStartTest {
  @ParameterizedTest
  @EnumSource(ScheduledJob.class)
  void jobIsStartedUnderTheIdAndWithTheInputOfItsWorkflow(ScheduledJob job) {
    JobSchedule schedule =
        new JobSchedule("id", job, "acme", Duration.ofHours(1), Duration.ofMinutes(7));

    JobStart start = JobStart.of(schedule, false);

    Method method = method(job);
    assertThat(start.workflowType()).isEqualTo(method.getAnnotation(WorkflowMethod.class).name());
    assertThat(method.getParameterTypes()).containsExactly(start.input().getClass());
    assertThat(start.options().getWorkflowId())
        .isEqualTo(
            switch (job) {
              case COMPACT_DUE -> "compact-due/acme";
              case EXPIRE -> "expire/acme";
              case VERIFY -> "verify/acme";
              case COLLECT -> "collect";
            });
    assertThat(start.options().getWorkflowExecutionTimeout()).isEqualTo(Duration.ofMinutes(7));
    assertThat(start.options().getStaticSummary()).isNotBlank();
  }

  private static Method method(ScheduledJob job) {
    Class<?> workflow =
        switch (job) {
          case COMPACT_DUE -> CompactDueWorkflow.class;
          case EXPIRE -> ExpireWorkflow.class;
          case VERIFY -> VerifyWorkflow.class;
          case COLLECT -> CollectWorkflow.class;
        };
    return Arrays.stream(workflow.getMethods())
        .filter(method -> method.isAnnotationPresent(WorkflowMethod.class))
        .findFirst()
        .orElseThrow();
  }
}
