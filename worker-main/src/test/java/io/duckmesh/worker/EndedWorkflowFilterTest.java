package io.duckmesh.worker;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.grpc.Status;
import java.net.SocketException;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;

class EndedWorkflowFilterTest {
  private static final String SDK = "io.temporal.internal.worker.ActivityWorker";
  private static final String POOL = "com.zaxxer.hikari.pool.ProxyConnection";

  private final LoggerContext context = new LoggerContext();
  private final ListAppender<ILoggingEvent> events = new ListAppender<>();

  EndedWorkflowFilterTest() {
    EndedWorkflowFilter filter = new EndedWorkflowFilter();
    filter.start();
    context.addTurboFilter(filter);
    events.start();
    context.getLogger(Logger.ROOT_LOGGER_NAME).addAppender(events);
  }

  @Test
  void anAnswerToAnEndedRunIsALineWithoutStack() {
    context
        .getLogger(SDK)
        .warn(
            "Failure during reporting. ActivityId = {}, WorkflowId={}",
            "a1",
            "materialize/default-0",
            Status.NOT_FOUND
                .withDescription("workflow execution already completed")
                .asRuntimeException());

    assertThat(events.list)
        .singleElement()
        .satisfies(
            event -> {
              assertThat(event.getLevel()).isEqualTo(Level.INFO);
              assertThat(event.getThrowableProxy()).isNull();
              assertThat(event.getFormattedMessage())
                  .contains("ActivityId = a1, WorkflowId=materialize/default-0")
                  .contains("workflow execution already completed");
            });
  }

  @Test
  void aConnectionWhoseWaitWasInterruptedIsALineWithoutStack() {
    context
        .getLogger(POOL)
        .warn(
            "{} - Connection marked as broken",
            "duckmesh",
            new SQLException("An I/O error occurred", new SocketException("Closed by interrupt")));

    assertThat(events.list)
        .singleElement()
        .satisfies(
            event -> {
              assertThat(event.getLevel()).isEqualTo(Level.INFO);
              assertThat(event.getThrowableProxy()).isNull();
            });
  }

  @Test
  void otherTroubleStaysAWarningWithItsStack() {
    context.getLogger(SDK).warn("Failure", Status.UNAVAILABLE.asRuntimeException());
    context.getLogger(POOL).warn("Broken", new SQLException("Connection reset"));
    context.getLogger("io.duckmesh.api").warn("Lost", Status.NOT_FOUND.asRuntimeException());

    assertThat(events.list)
        .hasSize(3)
        .allSatisfy(
            event -> {
              assertThat(event.getLevel()).isEqualTo(Level.WARN);
              assertThat(event.getThrowableProxy()).isNotNull();
            });
  }
}
