package io.duckmesh.worker;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Turns SIGINT, SIGTERM and SIGHUP into a stop in good order, on the thread that waits for it. A
 * second signal ends the process at once.
 */
@SuppressWarnings("sunapi") // There is no other way to tell one signal from another.
public final class StopRequest {
  /** What a process ends with that Ctrl-C has stopped: 128 and the signal's number. */
  private static final int INTERRUPTED = 130;

  private final CountDownLatch asked = new CountDownLatch(1);
  private volatile int exitCode;

  private StopRequest() {}

  /** Takes the signals over, for the rest of the process's life. */
  public static StopRequest listen(Runnable onSecond) {
    StopRequest request = new StopRequest();
    for (String name : new String[] {"INT", "TERM", "HUP"}) {
      var unused =
          sun.misc.Signal.handle(
              new sun.misc.Signal(name), signal -> request.signalled(signal, onSecond));
    }
    return request;
  }

  /** Asks for a stop from within, for example because a server that is needed has ended. */
  public void ask(int exitCode) {
    this.exitCode = exitCode;
    asked.countDown();
  }

  public boolean isAsked() {
    return asked.getCount() == 0;
  }

  /** Waits for the stop and returns the code to exit with. */
  public int await() throws InterruptedException {
    asked.await();
    return exitCode;
  }

  /** Waits at most so long; true if a stop was asked for. */
  public boolean await(Duration timeout) throws InterruptedException {
    return asked.await(timeout.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void signalled(sun.misc.Signal signal, Runnable onSecond) {
    boolean interrupt = signal.getName().equals("INT");
    if (isAsked()) {
      onSecond.run();
      Runtime.getRuntime().halt(INTERRUPTED);
    }
    ask(interrupt ? INTERRUPTED : 0);
  }
}
