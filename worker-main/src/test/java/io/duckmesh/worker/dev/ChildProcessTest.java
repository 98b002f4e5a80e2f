package io.duckmesh.worker.dev;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChildProcessTest {
  @TempDir private Path folder;

  @Test
  void closingAsksTheProgramToStopAndTakesItsPidFileAway() {
    ChildProcess child =
        start("trap 'echo asked; exit 0' TERM; echo up; while :; do sleep 0.1; done");
    awaitText(child, "up");
    ProcessHandle program = program();

    child.close();

    assertThat(program.isAlive()).isFalse();
    assertThat(child.lastWords()).contains("asked");
    assertThat(folder.resolve("child.pid")).doesNotExist();
  }

  @Test
  void aProgramThatDoesNotStopIsKilled() {
    ChildProcess child = start("trap '' TERM; echo up; while :; do sleep 0.1; done");
    awaitText(child, "up");
    ProcessHandle program = program();

    child.close();

    DevProcess.awaitEnd(List.of(program), Duration.ofSeconds(5));
  }

  @Test
  void endOfTheProgramIsTold() throws InterruptedException {
    CountDownLatch told = new CountDownLatch(1);
    ChildProcess child = start("echo last words; exit 3");

    child.onExit(told::countDown);

    assertThat(told.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(child.lastWords()).contains("last words");
  }

  @Test
  void aLeftoverWithItsMarkIsEndedByTheNextStart() {
    ChildProcess child = start("echo up; while :; do sleep 0.1; done");
    awaitText(child, "up");
    ProcessHandle program = program();

    boolean ended = ChildProcess.endLeftover(folder, "child", "sleep 0.1", Duration.ofSeconds(5));

    assertThat(ended).isTrue();
    assertThat(program.isAlive()).isFalse();
    child.close();
  }

  @Test
  void aProcessThatHasGotTheOldPidIsLeftAlone() throws IOException {
    ChildProcess stranger = start("echo up; while :; do sleep 0.1; done");
    awaitText(stranger, "up");
    long pid = program().pid();
    Files.writeString(folder.resolve("other.pid"), pid + "\n");

    boolean ended =
        ChildProcess.endLeftover(folder, "other", "/no/such/data", Duration.ofSeconds(5));

    assertThat(ended).isFalse();
    assertThat(ProcessHandle.of(pid)).isPresent();
    stranger.close();
  }

  private ChildProcess start(String script) {
    return ChildProcess.start(
        new ChildProcess.Spec(
            "child", List.of("sh", "-c", script), Map.of(), "TERM", Duration.ofSeconds(2)),
        folder,
        folder);
  }

  private ProcessHandle program() {
    return ProcessHandle.of(ChildProcess.readPid(folder.resolve("child.pid")).orElseThrow())
        .orElseThrow();
  }

  private void awaitText(ChildProcess child, String text) {
    long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (!child.lastWords().contains(text) || !Files.exists(folder.resolve("child.pid"))) {
      assertThat(System.nanoTime()).as(child.lastWords()).isLessThan(deadline);
      LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
    }
  }
}
