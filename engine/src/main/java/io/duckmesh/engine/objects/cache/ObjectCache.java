package io.duckmesh.engine.objects.cache;

import io.duckmesh.engine.objects.ObjectKey;
import io.duckmesh.engine.objects.ObjectStore;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;

/**
 * Objects as local files, below {@link #root()} under their keys. Those of a store that has them as
 * files are answered where they are; others are downloaded once, however many ask at the same time,
 * and kept up to a number of bytes, the least recently used being deleted first. May be used from
 * any thread.
 */
public interface ObjectCache extends AutoCloseable {
  /**
   * Opens a cache for a store. The directory is used by one process at a time and only if the store
   * is not local; files of earlier runs are kept, partial ones deleted.
   *
   * @param maxBytes what the files may take together; exceeded only as far as open leases need
   * @throws ObjectCacheException if the directory cannot be used or another process uses it
   */
  static ObjectCache open(ObjectStore store, Path directory, long maxBytes) {
    return store
        .localRoot()
        .<ObjectCache>map(LocalFiles::new)
        .orElseGet(() -> DirectoryCache.open(store, directory, maxBytes));
  }

  /** The folder that all leased files are below; an object's path in it is its key. */
  Path root();

  /**
   * Leases the object's file; waits while it is downloaded. An interrupted caller gives up waiting;
   * the download goes on for others.
   *
   * @param sizeBytes the size that the object was published with; a cached file of another size is
   *     damaged and downloaded again
   * @throws io.duckmesh.engine.objects.ObjectNotFoundException if the store has no such object
   * @throws io.duckmesh.engine.objects.CorruptObjectException if the store's object has another
   *     size
   * @throws io.duckmesh.engine.objects.ObjectStoreUnavailableException if the store does not answer
   * @throws ObjectCacheException if the file cannot be written, such as when the disk is full
   * @throws InterruptedException if the thread was interrupted while it waited
   */
  Lease acquire(ObjectKey key, long sizeBytes) throws InterruptedException;

  /**
   * Leases the files of all objects, in their order, downloading several at a time. A download
   * whose hash is known is checked against it. Throws what {@link #acquire} throws; no lease is
   * held then.
   */
  List<Lease> acquireAll(Collection<CachedObject> objects) throws InterruptedException;

  CacheStats stats();

  /** Stops downloads. Files stay for the next run, also those with open leases. */
  @Override
  void close();
}
