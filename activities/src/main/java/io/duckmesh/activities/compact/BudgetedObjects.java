package io.duckmesh.activities.compact;

import com.google.common.util.concurrent.RateLimiter;
import io.duckmesh.engine.objects.ObjectInfo;
import io.duckmesh.engine.objects.ObjectKey;
import io.duckmesh.engine.objects.ObjectStore;
import io.duckmesh.engine.objects.ObjectWriter;
import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A store whose bytes, read and written, come out of one budget of bytes a second. What is saved in
 * a quiet second may be spent in the next; who is over the budget waits.
 */
@SuppressWarnings("UnstableApiUsage") // The rate limiter has been as it is for a decade.
public final class BudgetedObjects implements ObjectStore {
  private final ObjectStore store;
  private final RateLimiter budget;

  /**
   * @param store not closed with this
   * @param bytesPerSecond at least 1
   */
  public BudgetedObjects(ObjectStore store, long bytesPerSecond) {
    this.store = store;
    this.budget = RateLimiter.create(bytesPerSecond);
  }

  /** The store with that budget; as it is if there is no limit (0). */
  public static ObjectStore of(ObjectStore store, long bytesPerSecond) {
    return bytesPerSecond == 0 ? store : new BudgetedObjects(store, bytesPerSecond);
  }

  @Override
  public ObjectWriter create(ObjectKey key) {
    return new Writer(store.create(key));
  }

  @Override
  public InputStream open(ObjectKey key) {
    return new Input(store.open(key));
  }

  @Override
  public Optional<ObjectInfo> find(ObjectKey key) {
    return store.find(key);
  }

  @Override
  public void delete(Collection<ObjectKey> keys) {
    store.delete(keys);
  }

  @Override
  public Stream<ObjectInfo> list(String prefix) {
    return store.list(prefix);
  }

  /** None, since what is read as a file of this machine would be outside of the budget. */
  @Override
  public Optional<Path> localRoot() {
    return Optional.empty();
  }

  /** Does nothing: the store has an owner. */
  @Override
  public void close() {}

  private void spend(long bytes) {
    if (bytes > 0) {
      budget.acquire((int) Math.min(bytes, Integer.MAX_VALUE));
    }
  }

  private final class Input extends FilterInputStream {
    Input(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      int value = in.read();
      spend(value < 0 ? 0 : 1);
      return value;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      int read = in.read(bytes, offset, length);
      spend(read);
      return read;
    }

    @Override
    public long skip(long bytes) throws IOException {
      long skipped = in.skip(bytes);
      spend(skipped);
      return skipped;
    }
  }

  private final class Writer implements ObjectWriter {
    private final ObjectWriter writer;
    private final OutputStream stream;

    Writer(ObjectWriter writer) {
      this.writer = writer;
      this.stream = new Output(writer.stream());
    }

    @Override
    public OutputStream stream() {
      return stream;
    }

    @Override
    public ObjectInfo publish() {
      return writer.publish();
    }

    @Override
    public void close() {
      writer.close();
    }
  }

  private final class Output extends FilterOutputStream {
    Output(OutputStream out) {
      super(out);
    }

    @Override
    public void write(int value) throws IOException {
      spend(1);
      out.write(value);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      spend(length);
      out.write(bytes, offset, length);
    }
  }
}
