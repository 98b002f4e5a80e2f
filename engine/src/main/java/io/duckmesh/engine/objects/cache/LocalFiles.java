package io.duckmesh.engine.objects.cache;

import io.duckmesh.engine.objects.CorruptObjectException;
import io.duckmesh.engine.objects.ObjectKey;
import io.duckmesh.engine.objects.ObjectNotFoundException;
import io.duckmesh.engine.objects.ObjectStoreUnavailableException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;

/** The files of a local store themselves; what keeps them is the store, so leases do nothing. */
final class LocalFiles implements ObjectCache {
  private static final CacheStats NOTHING = new CacheStats(0, 0, 0, 0, 0, 0, 0);

  private final Path root;

  LocalFiles(Path root) {
    this.root = root;
  }

  @Override
  public Path root() {
    return root;
  }

  @Override
  public Lease acquire(ObjectKey key, long sizeBytes) {
    Path file = root.resolve(key.value());
    try {
      long actual = Files.size(file);
      if (actual != sizeBytes) {
        throw new CorruptObjectException(key, sizeBytes, actual);
      }
    } catch (NoSuchFileException e) {
      throw new ObjectNotFoundException(key);
    } catch (IOException e) {
      throw new ObjectStoreUnavailableException(
          "Cannot look at object %s: %s".formatted(key, e), e);
    }
    return new LocalLease(file);
  }

  @Override
  public List<Lease> acquireAll(Collection<CachedObject> objects) {
    return objects.stream().map(object -> acquire(object.key(), object.sizeBytes())).toList();
  }

  @Override
  public CacheStats stats() {
    return NOTHING;
  }

  @Override
  public void close() {}

  private record LocalLease(Path path) implements Lease {
    @Override
    public void close() {}
  }
}
