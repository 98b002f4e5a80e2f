package io.duckmesh.activities.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.activities.protocol.Explorer.Explored;
import io.duckmesh.activities.protocol.Explorer.Found;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each part of the protocol is needed: without it the exploration finds what breaks. */
class MutantTest {
  private static final int LIMIT = 100_000;

  @ParameterizedTest
  @EnumSource
  void mutantBreaksItsInvariant(Mutant mutant) {
    Explored explored;
    try (StepCode code = new StepCode(mutant.around)) {
      explored =
          new Explorer(mutant.small, mutant.flaws, code, mutant.receiptFirst(), true, LIMIT)
              .explore();
    }

    Found found = explored.found().orElseThrow();
    System.out.printf("%s breaks %s", mutant, found);
    assertThat(found.violation().invariant()).isEqualTo(mutant.broken);
  }

  /** So it is the mutation that is found, and not the case or the variant of the part. */
  @ParameterizedTest
  @EnumSource
  void soundProtocolPassesInTheSameCase(Mutant mutant) {
    Explored sound = explore(mutant.small, Set.of());
    Explored variant = explore(mutant.small, Set.of(Flaw.NONE));

    assertThat(sound.found()).isEmpty();
    assertThat(variant).isEqualTo(sound);
  }

  private static Explored explore(Case small, Set<Flaw> flaws) {
    try (StepCode code = new StepCode((steps, bus, store, seconds) -> steps)) {
      return new Explorer(small, flaws, code, false, true, LIMIT).explore();
    }
  }
}
