package io.duckmesh.bench.faults;

/** What a {@link TcpProxy} does to the connections that go through it. */
enum Interference {
  /** Forwards everything at once. */
  NONE,
  /** Closes all connections and takes no new ones. */
  CUT,
  /**
   * Holds everything back and delivers it when the interference ends, also what was sent by a
   * client that has given up since: such a message arrives late, as from a worker thought dead.
   */
  STALL,
  /** Forwards every piece after a while. */
  SLOW,
  /** Answers HTTP requests with 500 and does not forward them. */
  SERVER_ERROR,
  /** Forwards HTTP requests; of a PUT, the connection breaks instead of the answer. */
  LOSE_PUT_ANSWERS
}
