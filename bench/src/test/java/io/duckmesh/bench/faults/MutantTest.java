package io.duckmesh.bench.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The agent in a JVM of its own. */
class MutantTest {
  @TempDir private Path folder;

  @Test
  void aTextIsReplacedWhileItsClassIsLoaded() throws Exception {
    Files.write(
        folder.resolve("mutant.txt"),
        List.of(Speaker.class.getName().replace('.', '/'), "hello,\\nworld", "good\\nbye"));

    assertThat(speak()).isEqualTo("0 good\nbye");
  }

  @Test
  void aTextThatIsNotThereEndsTheProgram() throws Exception {
    Files.write(
        folder.resolve("mutant.txt"),
        List.of(Speaker.class.getName().replace('.', '/'), "something else", ""));

    assertThat(speak()).startsWith("70 ").contains("there is no text like something else");
  }

  @Test
  void anUnknownNameIsRefused() {
    assertThatThrownBy(() -> Mutant.named("no-such-mutant"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("NO_SUCH_MUTANT");
  }

  private String speak() throws IOException, InterruptedException {
    Path list = folder.resolve("mutant.txt");
    List<String> replacements = Files.readAllLines(list);
    String option = Mutant.EVENT_KEYS_FORGOTTEN.agent(folder);
    Files.write(list, replacements);
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                option,
                "-cp",
                Path.of(Speaker.class.getProtectionDomain().getCodeSource().getLocation().getPath())
                    .toString(),
                Speaker.class.getName())
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
    return process.exitValue() + " " + said.strip();
  }

  /** A program with a text, and with constants of other kinds around it. */
  static final class Speaker {
    private Speaker() {}

    public static void main(String[] arguments) {
      long number = 1L << 40;
      double fraction = number * 1.5e300;
      System.out.print(fraction > 0 ? "hello,\nworld" : "");
    }
  }
}
