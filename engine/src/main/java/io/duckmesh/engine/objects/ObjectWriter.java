package io.duckmesh.engine.objects;

import java.io.OutputStream;

/** An object being written. Used by one thread; {@link #close()} may be called more than once. */
public interface ObjectWriter extends AutoCloseable {
  /**
   * Where the bytes go; flushing or closing it publishes nothing. Writing throws {@link
   * ObjectStoreUnavailableException} when the store does not take the bytes; after that the object
   * cannot be published any more.
   */
  OutputStream stream();

  /**
   * Makes the object visible, whole, and durable when this returns. May be called once.
   *
   * @throws ObjectExistsException if the key is taken; the object there is unchanged
   * @throws ObjectStoreUnavailableException if it cannot be told whether it was published; it stays
   *     unknown, and a later {@link ObjectStore#find} may show the object or not
   * @throws IllegalStateException if the writer was published or closed before
   */
  ObjectInfo publish();

  /** Throws the object away unless it was published. */
  @Override
  void close();
}
