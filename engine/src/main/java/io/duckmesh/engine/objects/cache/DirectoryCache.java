package io.duckmesh.engine.objects.cache;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import io.duckmesh.engine.objects.CorruptObjectException;
import io.duckmesh.engine.objects.ObjectKey;
import io.duckmesh.engine.objects.ObjectNotFoundException;
import io.duckmesh.engine.objects.ObjectStore;
import io.duckmesh.engine.objects.ObjectStoreUnavailableException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Files of a directory that mirrors the keys. One lock guards the table of entries; downloads run
 * outside of it, in threads of the cache, so that a query that gives up takes no other with it.
 */
final class DirectoryCache implements ObjectCache {
  private static final Logger log = LoggerFactory.getLogger(DirectoryCache.class);
  private static final int DOWNLOADS = 8;

  private final ObjectStore store;
  private final Path directory;
  private final Path temporary;
  private final long maxBytes;
  private final FileChannel owner;
  private final ExecutorService downloads;
  private final Object lock = new Object();

  /** Least recently used first. */
  private final Map<ObjectKey, Entry> entries = new LinkedHashMap<>(64, 0.75f, true);

  private long sizeBytes;
  private long hits;
  private long misses;
  private long evictions;
  private long downloadedBytes;

  private DirectoryCache(ObjectStore store, Path directory, long maxBytes, FileChannel owner) {
    this.store = store;
    this.directory = directory;
    this.temporary = directory.resolve(".tmp");
    this.maxBytes = maxBytes;
    this.owner = owner;
    this.downloads =
        Executors.newFixedThreadPool(
            DOWNLOADS, Thread.ofPlatform().name("object-cache-", 0).daemon().factory());
  }

  static DirectoryCache open(ObjectStore store, Path directory, long maxBytes) {
    if (maxBytes <= 0) {
      throw new IllegalArgumentException("maxBytes must be positive: " + maxBytes);
    }
    try {
      Path root = Files.createDirectories(directory).toRealPath();
      FileChannel owner = own(root);
      try {
        DirectoryCache cache = new DirectoryCache(store, root, maxBytes, owner);
        cache.deletePartial();
        cache.adopt();
        return cache;
      } catch (IOException e) {
        owner.close();
        throw e;
      }
    } catch (IOException e) {
      throw new ObjectCacheException(
          "Cannot use cache directory %s: %s".formatted(directory, e), e);
    }
  }

  /** The lock goes with the process, however that ends. */
  private static FileChannel own(Path root) throws IOException {
    FileChannel channel = FileChannel.open(root.resolve(".lock"), CREATE, WRITE);
    boolean owned = false;
    try {
      owned = channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      log.debug("Another cache of this process uses directory={}", root, e);
    } finally {
      if (!owned) {
        channel.close();
      }
    }
    if (!owned) {
      throw new ObjectCacheException("Cache directory %s is used by another cache".formatted(root));
    }
    return channel;
  }

  private void deletePartial() throws IOException {
    Files.createDirectories(temporary);
    try (Stream<Path> files = Files.list(temporary)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
  }

  /**
   * Takes over what an earlier run left, the oldest as the least recently used. Their bytes are
   * compared when they are first leased.
   */
  private void adopt() throws IOException {
    List<FoundFile> found = new ArrayList<>();
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String key = directory.relativize(file).toString();
        if (ObjectKey.isValid(key)) {
          long modified = Files.getLastModifiedTime(file).toMillis();
          found.add(new FoundFile(new ObjectKey(key), Files.size(file), modified));
        }
      }
    }
    found.sort(Comparator.comparingLong(FoundFile::modified));
    synchronized (lock) {
      for (FoundFile file : found) {
        Path path = directory.resolve(file.key().value());
        Entry entry = new Entry(file.key(), path, file.sizeBytes());
        entry.adopted = true;
        entry.file.complete(path);
        entries.put(file.key(), entry);
        sizeBytes += file.sizeBytes();
      }
      evict();
    }
    log.info(
        "Opened object cache directory={} files={} bytes={}", directory, found.size(), sizeBytes);
  }

  @Override
  public Path root() {
    return directory;
  }

  @Override
  public Lease acquire(ObjectKey key, long sizeBytes) throws InterruptedException {
    return acquireAll(List.of(new CachedObject(key, sizeBytes))).getFirst();
  }

  @Override
  public List<Lease> acquireAll(Collection<CachedObject> objects) throws InterruptedException {
    List<DirectoryLease> leases = new ArrayList<>(objects.size());
    boolean acquired = false;
    try {
      for (CachedObject object : objects) {
        leases.add(lease(object));
      }
      for (DirectoryLease lease : leases) {
        lease.await();
      }
      acquired = true;
      return List.copyOf(leases);
    } finally {
      if (!acquired) {
        leases.forEach(DirectoryLease::close);
      }
    }
  }

  /** Counts a lease on the object's entry, beginning the download if the file is not there. */
  private DirectoryLease lease(CachedObject object) {
    synchronized (lock) {
      long missesBefore = misses;
      Entry entry = entries.get(object.key());
      if (entry == null) {
        Path path = directory.resolve(object.key().value());
        entry = new Entry(object.key(), path, object.sizeBytes());
        startDownload(entry, object);
        entries.put(object.key(), entry);
        sizeBytes += object.sizeBytes();
        misses++;
      } else if (!entry.file.isDone() && entry.sizeBytes != object.sizeBytes()) {
        // Of two readers that disagree on the size one is wrong; the download will tell which.
        throw new CorruptObjectException(object.key(), object.sizeBytes(), entry.sizeBytes);
      } else if (entry.sizeBytes != object.sizeBytes() || entry.damaged()) {
        log.warn("Downloading damaged file again key={}", object.key());
        sizeBytes += object.sizeBytes() - entry.sizeBytes;
        entry.sizeBytes = object.sizeBytes();
        entry.adopted = false;
        entry.file = new CompletableFuture<>();
        startDownload(entry, object);
        misses++;
      } else if (entry.adopted && object.contentHash() != null) {
        entry.adopted = false;
        entry.file = new CompletableFuture<>();
        startCheck(entry, object);
        hits++;
      } else {
        hits++;
      }
      entry.leases++;
      evict();
      return new DirectoryLease(entry, misses > missesBefore);
    }
  }

  /** Under the lock. */
  private void startDownload(Entry entry, CachedObject object) {
    CompletableFuture<Path> file = entry.file;
    start(() -> download(entry, file, object));
  }

  /** Under the lock. */
  private void startCheck(Entry entry, CachedObject object) {
    CompletableFuture<Path> file = entry.file;
    start(
        () -> {
          if (isWhole(entry, object)) {
            file.complete(entry.path);
          } else {
            download(entry, file, object);
          }
        });
  }

  private static boolean isWhole(Entry entry, CachedObject object) {
    try {
      FileChecks.check(object, entry.path);
      return true;
    } catch (CorruptObjectException | ObjectNotFoundException | ObjectStoreUnavailableException e) {
      log.warn("Downloading damaged file again key={}", object.key(), e);
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void start(Runnable task) {
    try {
      downloads.execute(task);
    } catch (RejectedExecutionException e) {
      throw new IllegalStateException("The object cache is closed", e);
    }
  }

  private void release(Entry entry) {
    synchronized (lock) {
      entry.leases--;
      evict();
    }
  }

  /** Never throws: whatever happens becomes the outcome, for all who wait. */
  private void download(Entry entry, CompletableFuture<Path> file, CachedObject object) {
    Path partial = temporary.resolve(UUID.randomUUID().toString());
    try {
      Download.fetch(store, object, partial);
      Download.moveIntoPlace(partial, entry.path);
      synchronized (lock) {
        downloadedBytes += object.sizeBytes();
      }
      file.complete(entry.path);
    } catch (ObjectNotFoundException
        | CorruptObjectException
        | ObjectStoreUnavailableException
        | ObjectCacheException e) {
      delete(partial);
      fail(entry, file, e);
    } catch (RuntimeException | Error e) {
      log.error("Download failed unexpectedly key={}", entry.key, e);
      delete(partial);
      fail(entry, file, e);
    }
  }

  /** The next reader tries again. */
  private void fail(Entry entry, CompletableFuture<Path> file, Throwable failure) {
    synchronized (lock) {
      if (entries.remove(entry.key, entry)) {
        sizeBytes -= entry.sizeBytes;
        delete(entry.path);
      }
    }
    file.completeExceptionally(failure);
  }

  /** Under the lock: deletes files that nobody leases until the rest fits. */
  private void evict() {
    Iterator<Entry> candidates = entries.values().iterator();
    while (sizeBytes > maxBytes && candidates.hasNext()) {
      Entry entry = candidates.next();
      if (entry.leases == 0 && entry.file.isDone()) {
        candidates.remove();
        sizeBytes -= entry.sizeBytes;
        evictions++;
        delete(entry.path);
      }
    }
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      log.warn("Cannot delete cached file file={}", file, e);
    }
  }

  @Override
  public CacheStats stats() {
    synchronized (lock) {
      long leased = entries.values().stream().filter(entry -> entry.leases > 0).count();
      return new CacheStats(
          hits, misses, evictions, downloadedBytes, entries.size(), sizeBytes, leased);
    }
  }

  @Override
  public void close() {
    downloads.shutdownNow();
    synchronized (lock) {
      for (Entry entry : entries.values()) {
        entry.file.completeExceptionally(new IllegalStateException("The object cache is closed"));
      }
    }
    try {
      owner.close();
    } catch (IOException e) {
      log.warn("Cannot release cache directory directory={}", directory, e);
    }
  }

  private record FoundFile(ObjectKey key, long sizeBytes, long modified) {}

  /** A file that is there or on its way; guarded by the lock. */
  private static final class Entry {
    final ObjectKey key;
    final Path path;
    long sizeBytes;
    CompletableFuture<Path> file = new CompletableFuture<>();
    int leases;

    /** Whether an earlier run left it, and nobody has compared its bytes since. */
    boolean adopted;

    Entry(ObjectKey key, Path path, long sizeBytes) {
      this.key = key;
      this.path = path;
      this.sizeBytes = sizeBytes;
    }

    boolean damaged() {
      try {
        return file.isDone() && Files.size(path) != sizeBytes;
      } catch (IOException e) {
        return true;
      }
    }
  }

  private final class DirectoryLease implements Lease {
    private final Entry entry;
    private final CompletableFuture<Path> file;
    private final boolean downloaded;
    private final AtomicBoolean closed = new AtomicBoolean();

    /** Under the lock. */
    DirectoryLease(Entry entry, boolean downloaded) {
      this.entry = entry;
      this.file = entry.file;
      this.downloaded = downloaded;
    }

    @Override
    public boolean downloaded() {
      return downloaded;
    }

    @Override
    public Path path() {
      return entry.path;
    }

    void await() throws InterruptedException {
      try {
        file.get();
      } catch (ExecutionException e) {
        if (e.getCause() instanceof RuntimeException failure) {
          throw failure;
        }
        throw new IllegalStateException("Cannot download object " + entry.key, e.getCause());
      }
    }

    @Override
    public void close() {
      if (closed.compareAndSet(false, true)) {
        release(entry);
      }
    }
  }
}
