package io.duckmesh.bench.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MutantTest {
  private static final Path PROJECT = Path.of("..");

  @ParameterizedTest
  @EnumSource
  void aMutantDiffersFromTheProgram(Mutant mutant) throws IOException {
    Map<String, String> changed = Patch.sources(mutant.patches(), PROJECT);

    assertThat(changed).isNotEmpty();
    for (Map.Entry<String, String> source : changed.entrySet()) {
      assertThat(source.getValue())
          .isNotEqualTo(Files.readString(PROJECT.resolve(source.getKey())));
    }
  }

  @Test
  void whatIsHastenedIsThere() throws IOException {
    assertThat(Patch.sources(Haste.PATCHES, PROJECT)).isNotEmpty();
  }

  @Test
  void aTextThatIsNotThereIsRefused() {
    Patch patch = new Patch("A.java", "hello", "bye");

    assertThatThrownBy(() -> patch.apply("something else"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("There is no such text in A.java: hello");
  }

  @Test
  void namesAreReadAsTheyAreWritten() {
    assertThat(Mutant.named("no-compare-and-set")).isEqualTo(Mutant.NO_COMPARE_AND_SET);
  }
}
