package io.duckmesh.worker;

import io.duckmesh.worker.cli.Terminal;
import java.util.stream.Collectors;

/** A server process from its start to its end. */
final class Server {
  private Server() {}

  /** Runs until it is told to stop; returns the code to exit with. */
  static int run(ServerSettings settings) throws InterruptedException {
    StopRequest stop = StopRequest.listen(() -> {});
    String roles =
        settings.roles().stream().map(Role::settingName).sorted().collect(Collectors.joining(","));
    try (RunningServer server = RunningServer.start(settings)) {
      say(
          settings.roles().contains(Role.API)
              ? "ready: roles=%s http=%s:%d"
                  .formatted(roles, settings.http().address(), settings.http().port())
              : "ready: roles=%s management_port=%d"
                  .formatted(roles, settings.http().managementPort()));
      int exitCode = stop.await();
      say("stopping");
      return exitCode;
    } finally {
      say("stopped");
    }
  }

  private static void say(String text) {
    Terminal.err().println("duckmesh server: " + text);
    Terminal.flush();
  }
}
