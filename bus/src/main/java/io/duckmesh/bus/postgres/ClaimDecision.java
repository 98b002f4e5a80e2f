package io.duckmesh.bus.postgres;

import java.time.Duration;

/**
 * What a claim does next, seen how its shard stands.
 *
 * @param atMost how long it waits before it looks again, whatever it is told
 */
record ClaimDecision(Kind kind, Duration atMost) {
  enum Kind {
    /** There is something to claim, and no reason to wait. */
    CLAIM,
    /** Another consumer has it until then. */
    AWAIT_LEASE,
    /** There is nothing to claim. */
    AWAIT_SEGMENT,
    /** What is there may wait for company until then. */
    LINGER
  }

  static final ClaimDecision CLAIM = new ClaimDecision(Kind.CLAIM, Duration.ZERO);
  static final ClaimDecision AWAIT_SEGMENT =
      new ClaimDecision(Kind.AWAIT_SEGMENT, Duration.ofDays(1));

  static ClaimDecision awaitLease(Duration remaining) {
    return new ClaimDecision(Kind.AWAIT_LEASE, remaining);
  }

  static ClaimDecision linger(Duration remaining) {
    return remaining.isPositive() ? new ClaimDecision(Kind.LINGER, remaining) : CLAIM;
  }

  boolean isClaim() {
    return kind == Kind.CLAIM;
  }

  /** Whether the wait ends without a batch when the claim has waited long enough. */
  boolean endsEmpty() {
    return switch (kind) {
      case AWAIT_LEASE, AWAIT_SEGMENT -> true;
      case CLAIM, LINGER -> false;
    };
  }
}
