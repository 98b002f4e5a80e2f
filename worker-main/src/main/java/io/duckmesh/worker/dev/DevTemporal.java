package io.duckmesh.worker.dev;

import io.duckmesh.workflows.SearchAttributes;
import io.grpc.StatusRuntimeException;
import io.temporal.api.workflowservice.v1.DescribeNamespaceRequest;
import io.temporal.serviceclient.WorkflowServiceStubs;
import io.temporal.serviceclient.WorkflowServiceStubsOptions;
import io.temporal.testserver.TestServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/** Temporal for a dev instance, by whichever way this machine offers. The caller closes it. */
interface DevTemporal extends AutoCloseable {
  /** The port that the {@code temporal} command line looks at by itself. */
  int DEFAULT_PORT = 7233;

  /** Where clients connect: host:port. */
  String target();

  String namespace();

  /** Address of the Web UI; empty where there is none. */
  Optional<String> uiUrl();

  /** What a person should know about this way; empty where nothing is missing. */
  Optional<String> warning();

  /** The server as a child of this process, where it is one. */
  Optional<KeptAlive.Server> child();

  @Override
  void close();

  /** A server that is there already; nothing is started or stopped. */
  static DevTemporal existing(String target, String namespace) {
    return new Existing(target, namespace);
  }

  /**
   * The real development server as a child, its state in the home folder. Returns when it answers.
   *
   * @param uiPort the port of its Web UI; null for a free one
   * @throws DevException with what the child said, if it ends or does not answer in time
   */
  static DevTemporal child(
      DevHome home, Path program, @Nullable Integer uiPort, Consumer<String> say) {
    return Child.start(home, program, uiPort, () -> FreePorts.near(DEFAULT_PORT), say);
  }

  /** The in-process test server: it works, but has no UI, no schedules and forgets everything. */
  static DevTemporal inProcess(InProcessReason reason) {
    return InProcess.start(reason);
  }

  /** Why Temporal runs in the process, and how to have the real one. */
  enum InProcessReason {
    ASKED_FOR("as --in-process-temporal asks", "For the real one start again without that option."),
    NO_PROGRAM(
        "since there is no `temporal` program here",
        "For the real one install the Temporal CLI (docs.temporal.io/cli) and start again.");

    private final String words;
    private final String remedy;

    InProcessReason(String words, String remedy) {
      this.words = words;
      this.remedy = remedy;
    }
  }

  /** See {@link DevTemporal#existing}. */
  record Existing(String target, String namespace) implements DevTemporal {
    @Override
    public Optional<String> uiUrl() {
      return Optional.empty();
    }

    @Override
    public Optional<String> warning() {
      return Optional.empty();
    }

    @Override
    public Optional<KeptAlive.Server> child() {
      return Optional.empty();
    }

    @Override
    public void close() {
      // It is not ours.
    }
  }

  /** See {@link DevTemporal#child}. */
  record Child(Launch launch, int port, int uiPort, ChildProcess process)
      implements DevTemporal, KeptAlive.Server {
    /** What every start of the server needs. */
    private record Launch(DevHome home, Path program, Consumer<String> say) {}

    private static final String NAME = "temporal";
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    /** A port may be taken between the look whether it is free and the child's use of it. */
    private static final int ATTEMPTS = 3;

    private static final int DEFAULT_UI_PORT = 8233;
    private static final String NAMESPACE = "default";

    /** A slow machine with a big database takes seconds. */
    private static final Duration START_LIMIT = Duration.ofSeconds(45);

    private static final Duration PROBE_INTERVAL = Duration.ofMillis(50);

    /**
     * See {@link DevTemporal#child}.
     *
     * @param ports gives the port for each attempt
     */
    static Child start(
        DevHome home,
        Path program,
        @Nullable Integer uiPort,
        IntSupplier ports,
        Consumer<String> say) {
      Path database = home.directory().resolve("temporal.db");
      if (ChildProcess.endLeftover(home.run(), NAME, database.toString(), PATIENCE)) {
        say.accept("ended Temporal of an earlier start");
      }
      for (int attempt = 1; ; attempt++) {
        int port = ports.getAsInt();
        int chosenUiPort = uiPort != null ? uiPort : FreePorts.near(DEFAULT_UI_PORT);
        ChildProcess process =
            ChildProcess.start(
                new ChildProcess.Spec(
                    NAME,
                    command(program, database, port, chosenUiPort),
                    Map.of(),
                    "INT",
                    PATIENCE),
                home.run(),
                home.logs());
        Child child = new Child(new Launch(home, program, say), port, chosenUiPort, process);
        boolean answers = false;
        try {
          answers = child.awaitAnswer();
        } finally {
          if (!answers) {
            process.close();
          }
        }
        if (answers) {
          return child;
        }
        String said = process.lastWords();
        if (attempt == ATTEMPTS || !said.contains("address already in use")) {
          throw new DevException(
              "Temporal at %s has ended while it started. It said (%s):%n  %s"
                  .formatted(child.target(), process.log(), said));
        }
        say.accept(
            "another program was faster to take port %d or %d, trying others"
                .formatted(port, chosenUiPort));
      }
    }

    @Override
    public Child startAgain() {
      return start(launch.home(), launch.program(), uiPort, () -> port, launch.say());
    }

    /**
     * Waits until the child answers; false if it has ended.
     *
     * @throws DevException if it does neither in time
     */
    private boolean awaitAnswer() {
      WorkflowServiceStubs stubs =
          WorkflowServiceStubs.newServiceStubs(
              WorkflowServiceStubsOptions.newBuilder().setTarget(target()).build());
      DescribeNamespaceRequest request =
          DescribeNamespaceRequest.newBuilder().setNamespace(NAMESPACE).build();
      long deadline = System.nanoTime() + START_LIMIT.toNanos();
      try {
        while (process.isAlive()) {
          // The channel would wait longer and longer before it connects again.
          stubs.getRawChannel().resetConnectBackoff();
          try {
            var unused =
                stubs
                    .blockingStub()
                    .withDeadlineAfter(1, TimeUnit.SECONDS)
                    .describeNamespace(request);
            return process.isAlive();
          } catch (StatusRuntimeException e) {
            if (System.nanoTime() > deadline) {
              throw new DevException(
                  "Temporal at %s did not answer within %d s: %s. It said (%s):%n  %s"
                      .formatted(
                          target(),
                          START_LIMIT.toSeconds(),
                          e.getMessage(),
                          process.log(),
                          process.lastWords()),
                  e);
            }
          }
          LockSupport.parkNanos(PROBE_INTERVAL.toNanos());
        }
        return false;
      } finally {
        stubs.shutdownNow();
      }
    }

    private static List<String> command(Path program, Path database, int port, int uiPort) {
      List<String> command =
          new ArrayList<>(
              List.of(
                  program.toString(),
                  "server",
                  "start-dev",
                  "--ip",
                  "127.0.0.1",
                  "--port",
                  String.valueOf(port),
                  "--ui-port",
                  String.valueOf(uiPort),
                  "--db-filename",
                  database.toString(),
                  "--log-level",
                  "warn",
                  "--sqlite-pragma",
                  "journal_mode=WAL",
                  "--sqlite-pragma",
                  "synchronous=NORMAL"));
      // The defaults are for clusters: 20 activity tasks a second, and four partitions of a queue.
      for (String value :
          List.of(
              "history.transferProcessorMaxPollRPS=10000",
              "system.enableActivityEagerExecution=true",
              "matching.numTaskqueueReadPartitions=1",
              "matching.numTaskqueueWritePartitions=1")) {
        command.add("--dynamic-config-value");
        command.add(value);
      }
      SearchAttributes.ALL.forEach(
          attribute -> {
            command.add("--search-attribute");
            command.add(attribute.getName() + "=" + typeName(attribute));
          });
      return command;
    }

    private static String typeName(io.temporal.common.SearchAttributeKey<?> attribute) {
      return switch (attribute.getValueType()) {
        case INDEXED_VALUE_TYPE_KEYWORD -> "Keyword";
        case INDEXED_VALUE_TYPE_KEYWORD_LIST -> "KeywordList";
        case INDEXED_VALUE_TYPE_TEXT -> "Text";
        case INDEXED_VALUE_TYPE_INT -> "Int";
        case INDEXED_VALUE_TYPE_DOUBLE -> "Double";
        case INDEXED_VALUE_TYPE_BOOL -> "Bool";
        case INDEXED_VALUE_TYPE_DATETIME -> "Datetime";
        case INDEXED_VALUE_TYPE_UNSPECIFIED, UNRECOGNIZED ->
            throw new IllegalStateException("No type: " + attribute.getName());
      };
    }

    @Override
    public String target() {
      return "127.0.0.1:" + port;
    }

    @Override
    public String namespace() {
      return NAMESPACE;
    }

    @Override
    public Optional<String> uiUrl() {
      return Optional.of("http://127.0.0.1:" + uiPort);
    }

    @Override
    public Optional<String> warning() {
      return Optional.empty();
    }

    @Override
    public Optional<KeptAlive.Server> child() {
      return Optional.of(this);
    }

    @Override
    public void close() {
      process.close();
    }
  }

  /** See {@link DevTemporal#inProcess}. */
  final class InProcess implements DevTemporal {
    private final TestServer.PortBoundTestServer server;
    private final int port;
    private final InProcessReason reason;

    private InProcess(TestServer.PortBoundTestServer server, int port, InProcessReason reason) {
      this.server = server;
      this.port = port;
      this.reason = reason;
    }

    static InProcess start(InProcessReason reason) {
      int port = FreePorts.near(DEFAULT_PORT);
      return new InProcess(TestServer.createPortBoundServer(port, true), port, reason);
    }

    @Override
    public String target() {
      return "127.0.0.1:" + port;
    }

    @Override
    public String namespace() {
      return "default";
    }

    @Override
    public Optional<String> uiUrl() {
      return Optional.empty();
    }

    @Override
    public Optional<String> warning() {
      return Optional.of(
          """
          Temporal runs in this process, %s: no Web UI, no schedules,
          and it forgets its workflows when it stops. Your data does not depend on it and is safe.
          %s"""
              .formatted(reason.words, reason.remedy));
    }

    @Override
    public Optional<KeptAlive.Server> child() {
      return Optional.empty();
    }

    @Override
    public void close() {
      server.close();
    }
  }
}
