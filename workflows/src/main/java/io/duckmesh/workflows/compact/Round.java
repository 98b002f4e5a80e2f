package io.duckmesh.workflows.compact;

/**
 * What became of the groups of a plan.
 *
 * @param published groups that were published
 * @param conflicts groups that others were faster than
 * @param failures groups that failed for good
 */
public record Round(int published, int conflicts, int failures) {
  /** So many rounds in a row may come to nothing since others were faster. */
  static final int MOST_VAIN_ROUNDS = 10;

  /** What follows a round. */
  public enum Next {
    /** A new plan, at once. */
    PLAN,
    /** A new plan after a while: whoever was faster may be about to be so again. */
    PLAN_LATER,
    /** The end: planning again would fail again. */
    GIVE_UP
  }

  /**
   * What follows. A group that failed is planned again as long as others make headway: the files
   * around it may have changed, or what broke may be mended.
   *
   * @param vainRounds rounds without headway before this one, in a row
   */
  public Next next(int vainRounds) {
    if (published > 0) {
      return Next.PLAN;
    }
    if (failures > 0 || vainRounds + 1 >= MOST_VAIN_ROUNDS) {
      return Next.GIVE_UP;
    }
    return Next.PLAN_LATER;
  }
}
