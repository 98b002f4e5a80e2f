package io.duckmesh.bench.faults;

import io.duckmesh.bench.faults.Step.Side;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Waits at proxies for a process to come to a step, and holds it there. The first one that comes is
 * caught; others pass. Thread-safe.
 */
final class Trap {
  /** Longer than any text that is looked for. */
  private static final int TAIL = 64;

  private static final String COMMIT = "COMMIT";

  private final Step step;
  private final AtomicBoolean taken = new AtomicBoolean();
  private volatile @Nullable TcpProxy caught;
  private final CountDownLatch sprung = new CountDownLatch(1);
  private final CountDownLatch released = new CountDownLatch(1);

  Trap(Step step) {
    this.step = step;
  }

  /** What one connection has sent so far, as far as the trap wants to know. Used by one thread. */
  final class Watch {
    private String tail = "";
    private boolean seen;

    /** Whether the boundary is in this piece. */
    boolean reached(byte[] piece, int length) {
      String text = tail + new String(piece, 0, length, StandardCharsets.ISO_8859_1);
      int from = 0;
      if (!seen) {
        int at = text.indexOf(step.text());
        if (at < 0) {
          tail = text.substring(Math.max(0, text.length() - TAIL));
          return false;
        }
        seen = true;
        from = at + step.text().length();
      }
      if (step.committed() && text.indexOf(COMMIT, from) < 0) {
        tail = text.substring(Math.max(from, text.length() - COMMIT.length()));
        return false;
      }
      return true;
    }
  }

  Watch watch() {
    return new Watch();
  }

  boolean holdsAnswer() {
    return step.side() == Side.AFTER;
  }

  /** Whether the process behind the proxy is the one that is caught. */
  boolean catches(TcpProxy proxy) {
    boolean first = taken.compareAndSet(false, true);
    if (first) {
      caught = proxy;
    }
    return first;
  }

  /** The process is where it was to be: holds the calling connection until {@link #release}. */
  void hold() throws InterruptedException {
    sprung.countDown();
    released.await();
  }

  /** Waits until a process is held; returns the proxy that holds it, or null if none came. */
  @Nullable TcpProxy await(long millis) {
    try {
      return sprung.await(millis, TimeUnit.MILLISECONDS) ? caught : null;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return null;
    }
  }

  /** Lets go of what is held; nothing is caught any more. */
  void release() {
    taken.set(true);
    released.countDown();
  }
}
