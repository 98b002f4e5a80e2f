package io.duckmesh.workflows;

import io.temporal.failure.ActivityFailure;
import io.temporal.failure.ApplicationFailure;
import io.temporal.failure.TimeoutFailure;
import org.jspecify.annotations.Nullable;

/** How runs end, and why, in words. */
public final class Outcomes {
  /** Everything was done. */
  public static final String SUCCEEDED = "succeeded";

  /** Not everything was done; the reason says what. */
  public static final String FAILED = "failed";

  /** Another run began meanwhile. */
  public static final String ABANDONED = "abandoned";

  /** Longer reasons are cut: they stand in every payload that follows. */
  private static final int MOST_CHARACTERS = 300;

  private Outcomes() {}

  /** Why a step failed for good. */
  public static String reason(ActivityFailure failure) {
    String what =
        switch (failure.getCause()) {
          case ApplicationFailure broken -> broken.getType() + ": " + broken.getOriginalMessage();
          case TimeoutFailure slow -> "no answer in time (" + slow.getTimeoutType() + ")";
          case null -> "no cause given";
          case Throwable other -> String.valueOf(other.getMessage());
        };
    return cut("Step %s failed: %s".formatted(failure.getActivityType(), what));
  }

  /** The words, but not too many. */
  public static String cut(@Nullable String words) {
    String text = words == null ? "" : words;
    return text.length() <= MOST_CHARACTERS ? text : text.substring(0, MOST_CHARACTERS) + "…";
  }
}
