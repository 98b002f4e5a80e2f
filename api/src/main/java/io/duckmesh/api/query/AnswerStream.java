package io.duckmesh.api.query;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.apache.catalina.connector.ClientAbortException;
import org.jspecify.annotations.Nullable;

/**
 * Carries an answer from the query that computes it to the client, so that neither holds up the end
 * of the other. A small answer is kept until its end and sent by the caller of {@link #finish()}.
 * Of a larger one, or one that comes slowly, a thread of its own sends what there is, while up to
 * {@value #CHUNKS} chunks wait; a query that finds no room waits, but not past its own end, and not
 * for a client that takes no chunk within a limit. So a query's slot never waits for a socket.
 *
 * <p>Written by one thread at a time. {@link #tick()} may come from any.
 */
final class AnswerStream extends OutputStream {
  /** Answers up to this size are sent whole, with their length, or not at all. */
  static final int CHUNK_BYTES = 64 << 10;

  private static final int CHUNKS = 4;

  /** How long what was written waits for more before it is sent. */
  private static final long SEND_AFTER_NANOS = Duration.ofMillis(250).toNanos();

  /** How soon a writer that waits for room notices that its query has ended. */
  private static final long LOOK_NANOS = Duration.ofMillis(20).toNanos();

  /** A client that takes less than a chunk in this time reads too slowly. */
  static final Duration SLOW_CLIENT = Duration.ofSeconds(30);

  private final OutputStream target;
  private final Duration slowClient;
  private volatile BooleanSupplier stopped = () -> false;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Deque<byte[]> waiting = new ArrayDeque<>();
  private final Deque<byte[]> free = new ArrayDeque<>();
  private byte[] chunk = new byte[CHUNK_BYTES];
  private int length;
  private long firstByteNanos;
  private @Nullable Thread sender;
  private boolean ended;
  private boolean abandoned;
  private boolean sent;
  private @Nullable Throwable failure;

  /**
   * @param target where the answer goes; not closed by this. From the first write on it is used by
   *     one thread at a time, until {@link #finish()} or {@link #close()} has returned
   * @param slowClient how long a chunk may take to be sent
   */
  AnswerStream(OutputStream target, Duration slowClient) {
    this.target = target;
    this.slowClient = slowClient;
  }

  /** A writer that waits for room gives up as soon as this says so. */
  void stopWhen(BooleanSupplier stopped) {
    this.stopped = stopped;
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int count) throws IOException {
    lock.lock();
    try {
      throwFailure();
      int from = offset;
      int end = offset + count;
      while (from < end) {
        if (length == chunk.length) {
          handOver();
        }
        if (length == 0) {
          firstByteNanos = System.nanoTime();
        }
        int size = Math.min(end - from, chunk.length - length);
        System.arraycopy(bytes, from, chunk, length, size);
        length += size;
        from += size;
      }
    } finally {
      lock.unlock();
    }
  }

  /** Sends what waits, later: who waits for the answer sees it within a quarter of a second. */
  @Override
  public void flush() {
    tick();
  }

  /** Begins to send an answer that comes slowly. To be called now and then. */
  void tick() {
    if (!lock.tryLock()) {
      return;
    }
    try {
      if (length > 0 && !ended && System.nanoTime() - firstByteNanos > SEND_AFTER_NANOS) {
        startSender();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Under the lock: lets the full chunk wait, when there is room. */
  private void handOver() throws IOException {
    startSender();
    long start = System.nanoTime();
    while (waiting.size() >= CHUNKS) {
      if (stopped.getAsBoolean()) {
        throw new InterruptedIOException("The query has ended while its client read slowly");
      }
      if (System.nanoTime() - start > slowClient.toNanos()) {
        throw new ClientAbortException(
            "The client has taken less than %d bytes in %d ms"
                .formatted(CHUNK_BYTES, slowClient.toMillis()));
      }
      await(LOOK_NANOS);
      throwFailure();
    }
    waiting.add(chunk);
    byte[] used = free.poll();
    chunk = used == null ? new byte[CHUNK_BYTES] : used;
    length = 0;
    changed.signalAll();
  }

  private void throwFailure() throws IOException {
    if (failure != null) {
      throw new IOException("The answer can not be sent", failure);
    }
  }

  private boolean await(long nanos) throws InterruptedIOException {
    try {
      return changed.awaitNanos(nanos) > 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("Interrupted while an answer waited for its client");
    }
  }

  /** Under the lock. */
  private void startSender() {
    if (sender == null && failure == null) {
      sender = Thread.ofVirtual().name("answer-sender").start(this::send);
    }
  }

  private void send() {
    try {
      boolean unflushed = false;
      while (true) {
        Part part = next(unflushed);
        if (part == null) {
          return;
        }
        if (part.bytes() == null) {
          target.flush();
          unflushed = false;
        } else {
          target.write(part.bytes(), 0, part.length());
          unflushed = true;
          giveBack(part.bytes());
        }
      }
    } catch (IOException | RuntimeException e) {
      fail(e);
    } finally {
      lock.lock();
      try {
        sent = true;
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  /** What is to be sent next: bytes, or a flush of what was. */
  private record Part(byte @Nullable [] bytes, int length) {}

  /** Waits for the next part; null when there is none any more. */
  private @Nullable Part next(boolean unflushed) throws InterruptedIOException {
    lock.lock();
    try {
      while (!abandoned) {
        byte[] full = waiting.poll();
        if (full != null) {
          changed.signalAll();
          return new Part(full, full.length);
        }
        if (ended) {
          return takeRest();
        }
        if (!await(SEND_AFTER_NANOS) && waiting.isEmpty() && !ended && !abandoned) {
          if (length > 0) {
            return takeRest();
          }
          if (unflushed) {
            return new Part(null, 0);
          }
        }
      }
      return null;
    } finally {
      lock.unlock();
    }
  }

  /** Under the lock. */
  private @Nullable Part takeRest() {
    if (length == 0) {
      return null;
    }
    Part rest = new Part(chunk, length);
    byte[] used = free.poll();
    chunk = used == null ? new byte[CHUNK_BYTES] : used;
    length = 0;
    return rest;
  }

  private void giveBack(byte[] used) {
    lock.lock();
    try {
      free.add(used);
    } finally {
      lock.unlock();
    }
  }

  private void fail(Throwable thrown) {
    lock.lock();
    try {
      failure = thrown;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Sends the rest. When this returns, the target has the whole answer and is the caller's again.
   *
   * @throws IOException if it can not be sent
   */
  void finish() throws IOException {
    lock.lock();
    try {
      ended = true;
      changed.signalAll();
      if (sender == null) {
        throwFailure();
        target.write(chunk, 0, length);
        length = 0;
        return;
      }
      while (!sent) {
        await(TimeUnit.SECONDS.toNanos(1));
      }
      throwFailure();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Throws away what was not sent yet and waits until the sender has let go of the target, which is
   * as long as a write that is under way takes. Does nothing after {@link #finish()}.
   */
  @Override
  public void close() {
    lock.lock();
    try {
      abandoned = true;
      changed.signalAll();
      while (sender != null && !sent) {
        changed.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }
}
