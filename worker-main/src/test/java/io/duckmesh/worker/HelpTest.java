package io.duckmesh.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class HelpTest {
  /** The width at which picocli wraps, less the column that it leaves free. */
  private static final int WIDTH = 79;

  @Test
  void noLineOfAFooterIsWrapped() {
    List<String> tooLong = new ArrayList<>();
    for (CommandLine command : all(DuckMesh.commandLine())) {
      for (String line : command.getCommandSpec().usageMessage().footer()) {
        if (line.length() > WIDTH) {
          tooLong.add(command.getCommandSpec().qualifiedName() + ": " + line);
        }
      }
    }

    assertThat(tooLong).isEmpty();
  }

  private static List<CommandLine> all(CommandLine command) {
    List<CommandLine> commands = new ArrayList<>(List.of(command));
    command.getSubcommands().values().forEach(sub -> commands.addAll(all(sub)));
    return commands;
  }
}
