package io.duckmesh.engine.objects.cache;

import io.duckmesh.engine.objects.ObjectKey;
import io.duckmesh.engine.objects.cache.FileChecks.Stamp;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The files of a local store themselves; what keeps them is the store, so leases do nothing. A file
 * is compared with its hash when it is first leased, and again after it has changed.
 */
final class LocalFiles implements ObjectCache {
  private static final CacheStats NOTHING = new CacheStats(0, 0, 0, 0, 0, 0, 0);

  /** Files beyond it are compared again, the least recently used first. */
  private static final int MAX_CHECKED = 100_000;

  private final Path root;

  /** How files looked that had the right bytes; also the lock. */
  private final Map<ObjectKey, Stamp> checked =
      new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<ObjectKey, Stamp> eldest) {
          return size() > MAX_CHECKED;
        }
      };

  LocalFiles(Path root) {
    this.root = root;
  }

  @Override
  public Path root() {
    return root;
  }

  @Override
  public Lease acquire(ObjectKey key, long sizeBytes) throws InterruptedException {
    return lease(new CachedObject(key, sizeBytes));
  }

  private Lease lease(CachedObject object) throws InterruptedException {
    Path file = root.resolve(object.key().value());
    Stamp now = FileChecks.stamp(object, file);
    if (object.contentHash() != null && !now.equals(checked(object.key()))) {
      FileChecks.check(object, file);
      synchronized (checked) {
        checked.put(object.key(), now);
      }
    }
    return new LocalLease(file);
  }

  private @Nullable Stamp checked(ObjectKey key) {
    synchronized (checked) {
      return checked.get(key);
    }
  }

  @Override
  public List<Lease> acquireAll(Collection<CachedObject> objects) throws InterruptedException {
    List<Lease> leases = new ArrayList<>(objects.size());
    for (CachedObject object : objects) {
      leases.add(lease(object));
    }
    return List.copyOf(leases);
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
