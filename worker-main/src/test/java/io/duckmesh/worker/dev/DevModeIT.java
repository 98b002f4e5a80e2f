package io.duckmesh.worker.dev;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.worker.Program;
import io.duckmesh.worker.cli.ClientFile;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DevModeIT {
  @TempDir private Path folder;

  @Test
  void startsServesRefusesASecondAndStops() throws Exception {
    int port = FreePorts.any();
    try (DevProcess dev = DevProcess.start(folder, port)) {
      Program.Result demo =
          Program.run(folder, Map.of(), "demo", "--home", folder.resolve("home").toString());
      Program.Result second = Program.run(folder, Map.of(), "dev", "--home", "home");
      List<ProcessHandle> tree = dev.tree();

      int exitCode = dev.stop();

      assertThat(demo.exitCode()).as(demo.out() + demo.err()).isZero();
      assertThat(dev.output()).contains("gRPC 127.0.0.1:");
      assertThat(second.exitCode()).isEqualTo(1);
      assertThat(second.err())
          .contains("Another instance runs in")
          .contains("process " + dev.process().pid())
          .contains(":" + port);
      assertThat(exitCode).as(dev.output()).isZero();
      assertThat(tree).noneMatch(ProcessHandle::isAlive);
      assertThat(
              PosixFilePermissions.toString(
                  Files.getPosixFilePermissions(folder.resolve("home").resolve(ClientFile.NAME))))
          .isEqualTo("rw-------");
    }
  }

  @Test
  void aPortInUseIsRefusedBeforeAnythingIsStarted() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = String.valueOf(taken.getLocalPort());

      Program.Result api = Program.run(folder, Map.of(), "dev", "--home", "home", "--port", port);
      Program.Result ui = Program.run(folder, Map.of(), "dev", "--home", "home", "--ui-port", port);

      assertThat(api.err())
          .contains(
              "Port %s is in use by another program. Choose another with --port".formatted(port));
      assertThat(ui.err()).contains("Choose another with --ui-port");
      assertThat(folder.resolve("home/postgres")).doesNotExist();
    }
  }

  @Test
  void childrenDoNotOutliveAProcessThatIsKilled() throws Exception {
    try (DevProcess dev = DevProcess.start(folder, FreePorts.any())) {
      List<ProcessHandle> children = dev.process().descendants().toList();

      dev.process().destroyForcibly().waitFor();

      assertThat(children).hasSizeGreaterThan(3);
      DevProcess.awaitEnd(children, Duration.ofSeconds(15));
    }
  }

  @Test
  void aServerThatEndsIsStartedAgain() throws Exception {
    String home = folder.resolve("home").toString();
    try (DevProcess dev = DevProcess.start(folder, FreePorts.any())) {
      for (String name : List.of("postgres", "temporal")) {
        Path pidFile = folder.resolve("home/run/" + name + ".pid");
        ProcessHandle server =
            ChildProcess.readPid(pidFile).flatMap(ProcessHandle::of).orElseThrow();

        server.destroyForcibly();

        dev.await(name.equals("postgres") ? "PostgreSQL is up again" : "Temporal is up again");
      }

      Program.Result demo = Program.run(folder, Map.of(), "demo", "--home", home);

      assertThat(demo.exitCode()).as(demo.out() + demo.err() + dev.output()).isZero();
      assertThat(dev.stop()).as(dev.output()).isZero();
    }
  }

  @Test
  void aServerThatEndsAgainAndAgainIsGivenUp() throws Exception {
    try (DevProcess dev = DevProcess.start(folder, FreePorts.any())) {
      Path pidFile = folder.resolve("home/run/postgres.pid");
      String before = "";
      for (int round = 1; round <= 4; round++) {
        ChildProcess.readPid(pidFile).flatMap(ProcessHandle::of).orElseThrow().destroyForcibly();
        before += ".*PostgreSQL (is up again|has ended 4 times)";
        dev.awaitMatch(before);
      }

      assertThat(dev.process().waitFor(60, TimeUnit.SECONDS)).as(dev.output()).isTrue();
      assertThat(dev.process().exitValue()).isEqualTo(1);
      assertThat(dev.output()).contains("PostgreSQL has ended 4 times within 60 s");
    }
  }

  @Test
  void aTemporalInTheProcessSaysWhyItIsAndWhatIsMissing() throws Exception {
    try (DevProcess dev = DevProcess.start(folder, FreePorts.any(), "--in-process-temporal")) {
      Program.Result demo =
          Program.run(folder, Map.of(), "demo", "--home", folder.resolve("home").toString());

      assertThat(demo.exitCode()).as(demo.out() + demo.err()).isZero();
      assertThat(dev.output())
          .contains("Temporal runs in this process, as --in-process-temporal asks: no Web UI")
          .contains("Your data does not depend on it")
          .doesNotContain("there is no `temporal` program");
      assertThat(dev.stop()).as(dev.output()).isZero();
    }
  }
}
