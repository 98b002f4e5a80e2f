package io.duckmesh.bench.faults;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a run does.
 *
 * @param project folder of the project
 * @param folder where the state, the logs and the history of the run are kept
 * @param seconds how long faults are injected
 * @param seed chooses faults, their targets, times and durations, and what the clients send
 * @param kinds faults to choose from
 * @param mutant what is broken in the program on purpose; null for nothing
 * @param upkeep whether jobs, restores, drops and pins are part of the load
 * @param scenario what happens instead of random faults; null for random ones
 */
record RunOptions(
    Path project,
    Path folder,
    int seconds,
    long seed,
    List<FaultKind> kinds,
    @Nullable Mutant mutant,
    @Nullable Scenario scenario,
    boolean upkeep) {
  RunOptions {
    kinds = kinds.stream().filter(kind -> upkeep || !kind.ofUpkeep()).toList();
  }

  private static List<FaultKind> all(boolean upkeep) {
    return Stream.of(FaultKind.values()).filter(kind -> upkeep || !kind.ofUpkeep()).toList();
  }

  /** The command line that does the same again. */
  String command() {
    StringBuilder command = new StringBuilder("bench/faults --seed " + seed);
    if (scenario != null) {
      command.append(" --scenario ").append(scenario);
    } else {
      command.append(" --seconds ").append(seconds);
    }
    if (!upkeep) {
      command.append(" --without-upkeep");
    }
    if (scenario == null && !kinds.equals(all(upkeep))) {
      command.append(" --faults ");
      command.append(String.join(",", kinds.stream().map(FaultKind::toString).toList()));
    }
    if (mutant != null) {
      command.append(" --mutant ").append(mutant);
    }
    return command.toString();
  }
}
