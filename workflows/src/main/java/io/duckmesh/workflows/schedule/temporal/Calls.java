package io.duckmesh.workflows.schedule.temporal;

import io.duckmesh.workflows.schedule.SchedulesUnavailableException;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.temporal.client.WorkflowException;
import io.temporal.client.schedules.ScheduleException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Calls of the server and how they fail. */
final class Calls {
  private Calls() {}

  /** The call's answer; what goes wrong with the server as one exception. */
  static <T> T call(String what, Supplier<T> call) {
    try {
      return call.get();
    } catch (ScheduleException | StatusRuntimeException | WorkflowException e) {
      throw new SchedulesUnavailableException(
          "Temporal can not %s: %s".formatted(what, reason(e)), e);
    }
  }

  /** Whether the server has said that. */
  static boolean isStatus(Throwable failure, Status.Code code) {
    StatusRuntimeException status = status(failure);
    return status != null && status.getStatus().getCode() == code;
  }

  private static String reason(Throwable failure) {
    StatusRuntimeException status = status(failure);
    return String.valueOf(status == null ? failure.getMessage() : status.getMessage());
  }

  private static @Nullable StatusRuntimeException status(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof StatusRuntimeException status) {
        return status;
      }
    }
    return null;
  }
}
