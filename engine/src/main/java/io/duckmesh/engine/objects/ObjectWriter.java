package io.duckmesh.engine.objects;

import java.io.OutputStream;

/** An object being written. Used by one thread; {@link #close()} may be called more than once. */
public interface ObjectWriter extends AutoCloseable {
  /** Where the bytes go; flushing or closing it publishes nothing. */
  OutputStream stream();

  /**
   * Makes the object visible, whole, and durable when this returns.
   *
   * @throws ObjectExistsException if the key is taken; the object there is unchanged
   * @throws ObjectStoreUnavailableException if it cannot be told whether it was published
   */
  ObjectInfo publish();

  /** Throws the object away unless it was published. */
  @Override
  void close();
}
