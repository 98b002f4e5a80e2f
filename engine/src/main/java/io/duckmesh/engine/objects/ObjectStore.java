package io.duckmesh.engine.objects;

import java.io.InputStream;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Immutable objects under keys. May be used from any thread. Every method may throw {@link
 * ObjectStoreUnavailableException}. A key that is the folder of another key ({@code a} beside
 * {@code a/b}) is not supported: stores differ in what they make of it.
 */
public interface ObjectStore extends AutoCloseable {
  /**
   * Opens a new object for writing. It is invisible until {@link ObjectWriter#publish()}; closing
   * the writer without that throws it away.
   */
  ObjectWriter create(ObjectKey key);

  /**
   * Opens the object's bytes; the caller closes the stream.
   *
   * @throws ObjectNotFoundException if there is none
   */
  InputStream open(ObjectKey key);

  /** Finds the object without reading it. */
  Optional<ObjectInfo> find(ObjectKey key);

  /**
   * Deletes the objects; absent ones count as deleted. Not atomic: on failure any subset is gone.
   */
  void delete(Collection<ObjectKey> keys);

  /**
   * Lists objects whose key begins with the prefix, in the order of their keys' bytes; empty when
   * there are none. The caller closes the stream.
   */
  Stream<ObjectInfo> list(String prefix);

  /** Where the objects are as files of this machine, by key; empty if the store has none. */
  Optional<Path> localRoot();

  @Override
  void close();
}
