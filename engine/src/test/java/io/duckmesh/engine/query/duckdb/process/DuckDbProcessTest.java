package io.duckmesh.engine.query.duckdb.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class DuckDbProcessTest {
  /** More than a socket takes that nobody reads. */
  private static final int MANY = 10_000;

  @Test
  @EnabledOnOs({OS.LINUX, OS.MAC})
  void processThatHearsNothingHoldsUpNobodyWhoInterruptsIt() throws Exception {
    try (DuckDbProcess process = DuckDbProcess.start()) {
      ProcessSession session = process.connect();
      session.nextQuery();
      assumeThat(signal("-STOP", process.pid())).isZero();

      CompletableFuture<Void> interrupting =
          CompletableFuture.runAsync(
              () -> {
                session.close();
                for (int i = 0; i < MANY; i++) {
                  process.interruptLeft();
                }
              });

      assertThat(interrupting).succeedsWithin(Duration.ofSeconds(30));
      assertThat(process.interruptLeft()).isPositive();
      process.kill();
      assertThat(process.hasEnded(10_000)).isTrue();
    }
  }

  @Test
  @EnabledOnOs({OS.LINUX, OS.MAC})
  void interruptsAreHeardAgainAfterManyWereLeftOut() throws Exception {
    try (DuckDbProcess process = DuckDbProcess.start()) {
      ProcessSession session = process.connect();
      session.nextQuery();
      assumeThat(signal("-STOP", process.pid())).isZero();
      for (int i = 0; i < MANY; i++) {
        session.interrupt();
      }
      assertThat(signal("-CONT", process.pid())).isZero();

      session.nextQuery();
      session.execute(List.of("SELECT 1"));

      assertThat(session.isOpen()).isTrue();
    }
  }

  private static int signal(String name, long pid) throws Exception {
    return new ProcessBuilder("kill", name, Long.toString(pid)).inheritIO().start().waitFor();
  }
}
