package io.duckmesh.api.query;

import io.duckmesh.api.server.ClientConnection;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks now and then whether clients of running queries are still there, since a query that
 * computes writes nothing and would notice only at its end. One look costs a read that does not
 * wait. One thread, which ends with {@link #close()}.
 */
public final class DisconnectWatch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DisconnectWatch.class);
  private static final Duration INTERVAL = Duration.ofMillis(50);

  private final Set<Watched> watched = ConcurrentHashMap.newKeySet();
  private final ScheduledExecutorService executor =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("disconnect-watch").daemon(true).factory());

  private final ScheduledFuture<?> looking;

  public DisconnectWatch() {
    looking =
        executor.scheduleWithFixedDelay(
            this::look, INTERVAL.toMillis(), INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** One watched client. Closing it ends the watch. */
  final class Watched implements AutoCloseable {
    private final @Nullable ClientConnection connection;
    private final ReentrantLock lock = new ReentrantLock();
    private volatile @Nullable Runnable onDisconnect;
    private volatile Runnable onLook = () -> {};
    private boolean gone;

    private Watched(@Nullable ClientConnection connection) {
      this.connection = connection;
    }

    /** What to do when the client goes; done at once if it has gone. */
    void onDisconnect(Runnable action) {
      boolean late;
      lock.lock();
      try {
        onDisconnect = action;
        late = gone;
      } finally {
        lock.unlock();
      }
      if (late) {
        action.run();
      }
    }

    /** What else to do at every look; it must not wait for anything. */
    void onLook(Runnable action) {
      onLook = action;
    }

    /** The stream, so guarded that nobody looks at the connection while it is written to. */
    OutputStream guard(OutputStream out) {
      return new OutputStream() {
        @Override
        public void write(int b) throws IOException {
          write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
          lock.lock();
          try {
            out.write(bytes, offset, length);
          } finally {
            lock.unlock();
          }
        }

        @Override
        public void flush() throws IOException {
          lock.lock();
          try {
            out.flush();
          } finally {
            lock.unlock();
          }
        }
      };
    }

    private void look() {
      onLook.run();
      if (connection == null || !lock.tryLock()) {
        return;
      }
      Runnable action = null;
      try {
        if (!gone && connection.closed()) {
          gone = true;
          action = onDisconnect;
        }
      } finally {
        lock.unlock();
      }
      if (action != null) {
        action.run();
      }
    }

    @Override
    public void close() {
      watched.remove(this);
      // A look that has begun ends before the request does.
      lock.lock();
      try {
        gone = true;
      } finally {
        lock.unlock();
      }
    }
  }

  Watched watch(HttpServletRequest request) {
    Watched one = new Watched(ClientConnection.of(request));
    watched.add(one);
    return one;
  }

  private void look() {
    for (Watched one : watched) {
      try {
        one.look();
      } catch (RuntimeException e) {
        LOG.warn("Cannot look after a client", e);
      }
    }
  }

  @Override
  public void close() {
    looking.cancel(false);
    executor.shutdownNow();
  }
}
