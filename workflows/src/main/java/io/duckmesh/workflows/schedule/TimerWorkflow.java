package io.duckmesh.workflows.schedule;

import io.temporal.workflow.QueryMethod;
import io.temporal.workflow.SignalMethod;
import io.temporal.workflow.WorkflowInterface;
import io.temporal.workflow.WorkflowMethod;

/** Does what a schedule does, on a server that has none. */
@WorkflowInterface
public interface TimerWorkflow {
  /** Starts the job's run again and again, unless one is active; never returns. */
  @WorkflowMethod(name = "timer")
  void run(TimerInput input);

  /** Changes what is started, or how often. A pause stays. */
  @SignalMethod(name = "change")
  void change(ScheduledRun run);

  /** Starts nothing until it is resumed. */
  @SignalMethod(name = "pause")
  void pause(String note);

  /** Ends a pause. */
  @SignalMethod(name = "resume")
  void resume();

  @QueryMethod(name = "status")
  TimerStatus status();
}
