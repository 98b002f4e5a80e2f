package io.duckmesh.worker.dev;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;

/**
 * A server that is started again, at the same address, when it ends by itself, as a service manager
 * would. One that ends again and again is given up. May be used from any thread.
 */
final class KeptAlive implements AutoCloseable {
  private static final int MAX_RESTARTS = 3;
  private static final Duration WITHIN = Duration.ofMinutes(1);

  private final String name;
  private final Consumer<String> say;
  private final Runnable onGivenUp;

  private final Deque<Long> restartedAtNanos = new ArrayDeque<>();
  private volatile Server server;
  private volatile boolean closing;

  /** A child process that answers, and how to have it again. */
  interface Server extends AutoCloseable {
    ChildProcess process();

    /**
     * Starts it again with the same state and address, and returns when it answers.
     *
     * @throws DevException if it does not
     */
    Server startAgain();

    @Override
    void close();
  }

  private KeptAlive(String name, Server server, Consumer<String> say, Runnable onGivenUp) {
    this.name = name;
    this.server = server;
    this.say = say;
    this.onGivenUp = onGivenUp;
  }

  /**
   * Keeps the server, which this closes.
   *
   * @param onGivenUp called once, when it does not stay or does not start
   */
  static KeptAlive keep(String name, Server server, Consumer<String> say, Runnable onGivenUp) {
    KeptAlive kept = new KeptAlive(name, server, say, onGivenUp);
    kept.watch(server);
    return kept;
  }

  private void watch(Server watched) {
    // Starting again takes seconds, which is too long for the thread that tells of ended processes.
    watched
        .process()
        .onExit(() -> Thread.ofPlatform().name("restart-" + name).daemon().start(this::restart));
  }

  private synchronized void restart() {
    if (closing) {
      return;
    }
    say.accept("%s has ended, it said:%n  %s".formatted(name, server.process().lastWords()));
    long now = System.nanoTime();
    restartedAtNanos.removeIf(at -> now - at > WITHIN.toNanos());
    if (restartedAtNanos.size() == MAX_RESTARTS) {
      say.accept(
          "%s has ended %d times within %d s"
              .formatted(name, MAX_RESTARTS + 1, WITHIN.toSeconds()));
      onGivenUp.run();
      return;
    }
    restartedAtNanos.add(now);
    try {
      server = server.startAgain();
      say.accept(name + " is up again");
      watch(server);
    } catch (DevException e) {
      say.accept(String.valueOf(e.getMessage()));
      onGivenUp.run();
    }
  }

  /** Ends the process at once. */
  void kill() {
    closing = true;
    server.process().kill();
  }

  /** Stops the server in good order. */
  @Override
  public void close() {
    closing = true;
    synchronized (this) {
      server.close();
    }
  }
}
