package io.duckmesh.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChildProgramTest {
  @TempDir Path directory;

  @Test
  void killedProgramIsGoneWhenKillReturns() throws Exception {
    ChildProgram child = sleeper(directory);
    ProcessHandle program = programOf(directory);

    child.kill();

    assertThat(child.alive()).isFalse();
    awaitTrue(() -> !program.isAlive());
  }

  @Test
  void programThatEndsBeforeItIsReadyIsReportedWithItsLog() {
    Path log = directory.resolve("log");
    ChildProgram child =
        ChildProgram.start(
            "speaker", List.of("/bin/sh", "-c", "echo no such luck; exit 7"), Map.of(), log);

    assertThatThrownBy(() -> child.awaitReady(() -> false))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("speaker ended with 7")
        .hasMessageContaining("no such luck");
  }

  @Test
  void programEndsWhenItsJvmIsKilled() throws Exception {
    Process jvm =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                ChildProgramTest.class.getName(),
                directory.toString())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("jvm.log").toFile())
            .start();
    ProcessHandle program = programOf(directory);

    jvm.destroyForcibly();

    awaitTrue(() -> !program.isAlive());
  }

  /** The JVM that is killed: starts a program and waits for ever. */
  public static void main(String[] arguments) throws Exception {
    sleeper(Path.of(arguments[0]));
    Thread.currentThread().join();
  }

  private static ChildProgram sleeper(Path directory) {
    Path pid = directory.resolve("pid");
    String script = "echo $$ > '%1$s.new' && mv '%1$s.new' '%1$s' && exec sleep 600".formatted(pid);
    return ChildProgram.start(
        "sleeper", List.of("/bin/sh", "-c", script), Map.of(), directory.resolve("log"));
  }

  private static ProcessHandle programOf(Path directory) throws IOException {
    Path pid = directory.resolve("pid");
    awaitTrue(() -> Files.exists(pid));
    return ProcessHandle.of(Long.parseLong(Files.readString(pid).strip())).orElseThrow();
  }

  private static void awaitTrue(BooleanSupplier condition) {
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("deadline").isLessThan(deadline);
      LockSupport.parkNanos(5_000_000);
    }
  }
}
