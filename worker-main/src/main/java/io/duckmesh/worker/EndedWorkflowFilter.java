package io.duckmesh.worker;

import static java.util.Objects.requireNonNull;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.turbo.TurboFilter;
import ch.qos.logback.core.spi.FilterReply;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.temporal.client.ActivityCompletionException;
import java.nio.channels.ClosedByInterruptException;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import org.slf4j.Marker;
import org.slf4j.helpers.MessageFormatter;

/**
 * Makes one line at INFO of the pages of stack trace that libraries log when a workflow is
 * terminated while a step of it runs. That is harmless: the step's batch is taken up again by the
 * workflow's successor. The Temporal SDK warns that the run is gone, at the next heartbeat and once
 * more when the step answers; the connection pool warns of the connection whose wait was
 * interrupted.
 */
final class EndedWorkflowFilter extends TurboFilter {
  private static final String SDK = "io.temporal.internal.";
  private static final String POOL = "com.zaxxer.hikari.";

  /** Adds the filter to this process's logging, which has to be configured already. */
  static void install() {
    if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
      EndedWorkflowFilter filter = new EndedWorkflowFilter();
      filter.setContext(context);
      filter.start();
      context.addTurboFilter(filter);
    }
  }

  @Override
  public FilterReply decide(
      @Nullable Marker marker,
      Logger logger,
      Level level,
      @Nullable String format,
      Object @Nullable [] arguments,
      @Nullable Throwable throwable) {
    if (level != Level.WARN || format == null) {
      return FilterReply.NEUTRAL;
    }
    boolean sdk = logger.getName().startsWith(SDK);
    if (!sdk && !logger.getName().startsWith(POOL)) {
      return FilterReply.NEUTRAL;
    }
    Throwable failure =
        throwable != null
            ? throwable
            : MessageFormatter.getThrowableCandidate(arguments == null ? new Object[0] : arguments);
    if (failure == null || !(sdk ? isOfEndedRun(failure) : isInterruptedWait(failure))) {
      return FilterReply.NEUTRAL;
    }
    String message =
        requireNonNull(MessageFormatter.arrayFormat(format, arguments, null).getMessage());
    logger.info(
        "{} (harmless, the workflow or the wait has ended: {})", message, innermost(failure));
    return FilterReply.DENY;
  }

  private static boolean isOfEndedRun(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof ActivityCompletionException
          || (cause instanceof StatusRuntimeException status
              && status.getStatus().getCode() == Status.Code.NOT_FOUND)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isInterruptedWait(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof ClosedByInterruptException
          || "Closed by interrupt".equals(cause.getMessage())) {
        return true;
      }
    }
    return false;
  }

  private static String innermost(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return String.valueOf(cause.getMessage());
  }
}
