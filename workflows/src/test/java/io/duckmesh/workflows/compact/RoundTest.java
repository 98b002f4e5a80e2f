package io.duckmesh.workflows.compact;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.workflows.compact.Round.Next;
import org.junit.jupiter.api.Test;

class RoundTest {
  @Test
  void everyCombinationOfOutcomesIsFollowedByWhatTheRuleSays() {
    for (int published = 0; published <= 3; published++) {
      for (int conflicts = 0; conflicts <= 3; conflicts++) {
        for (int failures = 0; failures <= 3; failures++) {
          for (int vain = 0; vain <= Round.MOST_VAIN_ROUNDS; vain++) {
            Next next = new Round(published, conflicts, failures).next(vain);
            if (published > 0) {
              assertThat(next).isEqualTo(Next.PLAN);
            } else if (failures > 0) {
              assertThat(next).isEqualTo(Next.GIVE_UP);
            } else {
              assertThat(next).isEqualTo(vain < 9 ? Next.PLAN_LATER : Next.GIVE_UP);
            }
          }
        }
      }
    }
  }

  @Test
  void runWithoutHeadwayEnds() {
    int rounds = 0;
    while (new Round(0, 5, 0).next(rounds) == Next.PLAN_LATER) {
      rounds++;
    }

    assertThat(rounds + 1).isEqualTo(Round.MOST_VAIN_ROUNDS);
  }
}
