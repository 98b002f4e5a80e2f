package io.duckmesh.engine.objects.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.duckmesh.engine.objects.CorruptObjectException;
import io.duckmesh.engine.objects.ObjectKey;
import io.duckmesh.engine.objects.ObjectNotFoundException;
import io.duckmesh.engine.objects.ObjectStoreContract;
import io.duckmesh.engine.objects.ObjectStoreUnavailableException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectoryCacheTest {
  private static final int SIZE = 1_000;

  @TempDir Path temporary;
  private final GatedStore store = new GatedStore();
  private Path directory;
  private ObjectCache cache;

  @BeforeEach
  void open() {
    directory = temporary.resolve("cache");
    cache = ObjectCache.open(store, directory, 3 * SIZE);
  }

  @AfterEach
  void close() {
    store.letGo();
    cache.close();
  }

  @Test
  void objectIsAFileUnderItsKey() throws Exception {
    publish("tenant/table/1.parquet");

    try (Lease lease = acquire("tenant/table/1.parquet")) {
      assertThat(lease.path()).isEqualTo(cache.root().resolve("tenant/table/1.parquet"));
      assertThat(lease.path()).hasBinaryContent(content("tenant/table/1.parquet"));
    }
  }

  @Test
  void secondLeaseIsServedFromTheFile() throws Exception {
    publish("t/1");

    acquire("t/1").close();
    acquire("t/1").close();

    assertThat(store.opened()).isEqualTo(1);
    assertThat(cache.stats()).isEqualTo(new CacheStats(1, 1, 0, SIZE, 1, SIZE, 0));
  }

  @Test
  void leasesAtTheSameTimeShareOneDownload() throws Exception {
    publish("t/1");
    store.hold();

    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Lease>> leases = new ArrayList<>();
      for (int n = 0; n < 20; n++) {
        leases.add(threads.submit(() -> acquire("t/1")));
      }
      awaitTrue(() -> cache.stats().hits() == 19);
      store.letGo();

      for (Future<Lease> lease : leases) {
        assertThat(lease.get(10, TimeUnit.SECONDS).path()).hasBinaryContent(content("t/1"));
      }
    }
    assertThat(store.opened()).isEqualTo(1);
  }

  @Test
  void manyObjectsAreDownloadedAtTheSameTimeAndLeasedInOrder() throws Exception {
    for (int n = 0; n < 5; n++) {
      publish("t/" + n);
    }
    store.hold();
    CompletableFuture<List<Lease>> leases =
        CompletableFuture.supplyAsync(() -> acquireAll("t/3", "t/1", "t/4"));
    awaitTrue(() -> store.opened() == 3);

    store.letGo();

    assertThat(leases.get(10, TimeUnit.SECONDS))
        .extracting(lease -> cache.root().relativize(lease.path()).toString())
        .containsExactly("t/3", "t/1", "t/4");
  }

  @Test
  void leastRecentlyUsedFileIsDeletedFirst() throws Exception {
    acquireAndClose("t/1", "t/2", "t/3", "t/1");

    acquireAndClose("t/4");

    assertThat(file("t/2")).doesNotExist();
    assertThat(file("t/1")).exists();
    assertThat(file("t/3")).exists();
    assertThat(file("t/4")).exists();
    assertThat(cache.stats().evictions()).isEqualTo(1);
    assertThat(cache.stats().sizeBytes()).isEqualTo(3 * SIZE);
  }

  @Test
  void leasedFileIsNotDeletedBeforeItsLastLeaseIsClosed() throws Exception {
    publish("t/0");
    Lease first = acquire("t/0");
    Lease second = acquire("t/0");

    acquireAndClose("t/1", "t/2", "t/3", "t/4");
    first.close();
    first.close();
    acquireAndClose("t/5", "t/6", "t/7");
    assertThat(second.path()).hasBinaryContent(content("t/0"));

    second.close();
    acquireAndClose("t/1", "t/2", "t/3");
    assertThat(second.path()).doesNotExist();
  }

  @Test
  void openLeasesMayExceedTheLimitUntilTheyAreClosed() throws Exception {
    for (int n = 0; n < 6; n++) {
      publish("t/" + n);
    }

    List<Lease> leases = acquireAll("t/0", "t/1", "t/2", "t/3", "t/4", "t/5");
    assertThat(cache.stats().sizeBytes()).isEqualTo(6 * SIZE);
    assertThat(cache.stats().leasedFiles()).isEqualTo(6);
    leases.forEach(Lease::close);

    assertThat(cache.stats().sizeBytes()).isEqualTo(3 * SIZE);
    assertThat(cache.stats().leasedFiles()).isZero();
  }

  @Test
  void nextRunAdoptsTheFilesAndDeletesPartialOnes() throws Exception {
    acquireAndClose("t/1", "u/2");
    cache.close();
    Files.writeString(directory.resolve(".tmp/partial"), "half");

    cache = ObjectCache.open(store, directory, 3 * SIZE);

    assertThat(directory.resolve(".tmp/partial")).doesNotExist();
    acquireAndClose("t/1", "u/2");
    assertThat(store.opened()).isEqualTo(2);
    assertThat(cache.stats().hits()).isEqualTo(2);
  }

  @Test
  void nextRunWithLessRoomDeletesTheOldestFiles() throws Exception {
    acquireAndClose("t/1", "t/2", "t/3");
    Instant now = Instant.now();
    Files.setLastModifiedTime(file("t/2"), FileTime.from(now.minus(Duration.ofHours(2))));
    Files.setLastModifiedTime(file("t/1"), FileTime.from(now.minus(Duration.ofHours(1))));
    cache.close();

    cache = ObjectCache.open(store, directory, 2 * SIZE);

    assertThat(file("t/2")).doesNotExist();
    assertThat(file("t/1")).exists();
    assertThat(file("t/3")).exists();
  }

  @Test
  void fileOfAnotherSizeIsDownloadedAgain() throws Exception {
    acquireAndClose("t/1", "t/2");
    Files.writeString(file("t/1"), "damaged");
    cache.close();
    cache = ObjectCache.open(store, directory, 3 * SIZE);
    Files.writeString(file("t/2"), "damaged");

    try (Lease adopted = acquire("t/1");
        Lease damaged = acquire("t/2")) {
      assertThat(adopted.path()).hasBinaryContent(content("t/1"));
      assertThat(damaged.path()).hasBinaryContent(content("t/2"));
    }
    assertThat(cache.stats().sizeBytes()).isEqualTo(2 * SIZE);
    assertThat(store.opened()).isEqualTo(4);
  }

  @Test
  void adoptedFileOfOtherBytesIsDownloadedAgain() throws Exception {
    acquireAndClose("t/1", "t/2");
    byte[] changed = content("t/1");
    changed[changed.length / 2] ^= 1;
    Files.write(file("t/1"), changed);
    cache.close();
    cache = ObjectCache.open(store, directory, 3 * SIZE);

    for (int round = 0; round < 2; round++) {
      List<Lease> leases = cache.acquireAll(List.of(hashed("t/1"), hashed("t/2")));
      assertThat(leases.getFirst().path()).hasBinaryContent(content("t/1"));
      assertThat(leases.getLast().path()).hasBinaryContent(content("t/2"));
      leases.forEach(Lease::close);
    }
    assertThat(store.opened()).isEqualTo(3);
  }

  private CachedObject hashed(String key) throws Exception {
    byte[] hash = MessageDigest.getInstance("SHA-256").digest(content(key));
    return new CachedObject(new ObjectKey(key), SIZE, HexFormat.of().formatHex(hash));
  }

  @Test
  void fileThatVanishedIsDownloadedAgain() throws Exception {
    acquireAndClose("t/1");
    Files.delete(file("t/1"));

    try (Lease lease = acquire("t/1")) {
      assertThat(lease.path()).hasBinaryContent(content("t/1"));
    }
  }

  @Test
  void objectOfAnotherSizeIsCorrupt() throws Exception {
    publish("t/1");

    assertThatThrownBy(() -> cache.acquire(new ObjectKey("t/1"), SIZE + 1))
        .isInstanceOf(CorruptObjectException.class)
        .hasMessage("Object t/1 has 1000 bytes instead of 1001");
    assertThatThrownBy(() -> cache.acquire(new ObjectKey("t/1"), 10))
        .isInstanceOf(CorruptObjectException.class);

    assertThat(file("t/1")).doesNotExist();
    assertThat(cache.stats().files()).isZero();
    assertThat(directory.resolve(".tmp")).isEmptyDirectory();
  }

  @Test
  void objectOfOtherBytesIsCorrupt() throws Exception {
    publish("t/1");
    String hash =
        HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content("t/1")));
    String other = hash.replace(hash.charAt(0), hash.charAt(0) == 'a' ? 'b' : 'a');
    ObjectKey key = new ObjectKey("t/1");

    assertThatThrownBy(() -> cache.acquireAll(List.of(new CachedObject(key, SIZE, other))))
        .isInstanceOf(CorruptObjectException.class)
        .hasMessage("Object t/1 has hash %s instead of %s".formatted(hash, other));

    assertThat(file("t/1")).doesNotExist();
    cache.acquireAll(List.of(new CachedObject(key, SIZE, hash))).getFirst().close();
    assertThat(file("t/1")).hasBinaryContent(content("t/1"));
  }

  @Test
  void absentObjectIsNotFoundAndLeavesNothing() {
    assertThatThrownBy(() -> acquire("t/absent")).isInstanceOf(ObjectNotFoundException.class);

    assertThat(cache.stats().files()).isZero();
    assertThat(cache.stats().sizeBytes()).isZero();
  }

  @Test
  void failedLeaseOfManyHoldsNone() {
    publish("t/1");

    assertThatThrownBy(
            () ->
                cache.acquireAll(
                    List.of(
                        new CachedObject(new ObjectKey("t/1"), SIZE),
                        new CachedObject(new ObjectKey("t/absent"), SIZE))))
        .isInstanceOf(ObjectNotFoundException.class);

    assertThat(cache.stats().leasedFiles()).isZero();
  }

  @Test
  void downloadThatFailedIsTriedAgainByTheNextReader() throws Exception {
    publish("t/1");
    store.setDown(true);
    assertThatThrownBy(() -> acquire("t/1")).isInstanceOf(ObjectStoreUnavailableException.class);

    store.setDown(false);

    try (Lease lease = acquire("t/1")) {
      assertThat(lease.path()).hasBinaryContent(content("t/1"));
    }
  }

  @Test
  void readerThatGivesUpDoesNotTakeOthersWithIt() throws Exception {
    publish("t/1");
    store.hold();
    CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
    Thread impatient =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    cache.acquire(new ObjectKey("t/1"), SIZE).close();
                    interrupted.complete(false);
                  } catch (InterruptedException e) {
                    interrupted.complete(true);
                  }
                });
    awaitTrue(() -> store.opened() == 1);
    CompletableFuture<List<Lease>> patient = CompletableFuture.supplyAsync(() -> acquireAll("t/1"));
    awaitTrue(() -> cache.stats().hits() == 1);

    impatient.interrupt();
    assertThat(interrupted.get(10, TimeUnit.SECONDS)).isTrue();
    store.letGo();

    assertThat(patient.get(10, TimeUnit.SECONDS).getFirst().path())
        .hasBinaryContent(content("t/1"));
  }

  @Test
  void closingFailsThoseWhoWait() throws Exception {
    publish("t/1");
    store.hold();
    CompletableFuture<List<Lease>> waiting = CompletableFuture.supplyAsync(() -> acquireAll("t/1"));
    awaitTrue(() -> store.opened() == 1);

    cache.close();

    assertThatThrownBy(() -> waiting.get(10, TimeUnit.SECONDS))
        .isInstanceOf(ExecutionException.class);
    publish("t/2");
    assertThatThrownBy(() -> acquire("t/2"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("The object cache is closed");
  }

  @Test
  void directoryThatCannotBeWrittenIsNamed() throws Exception {
    publish("t/1");
    Files.delete(directory.resolve(".tmp"));
    Files.writeString(directory.resolve(".tmp"), "a file where the folder should be");

    assertThatThrownBy(() -> acquire("t/1"))
        .isInstanceOf(ObjectCacheException.class)
        .hasMessageContaining("Cannot cache object t/1")
        .hasMessageContaining(directory.resolve(".tmp").toString());
  }

  @Test
  void directoryBelongsToOneCacheAtATime() {
    assertThatThrownBy(() -> ObjectCache.open(store, directory, SIZE))
        .isInstanceOf(ObjectCacheException.class)
        .hasMessageContaining("is used by another cache");

    cache.close();
    cache = ObjectCache.open(store, directory, SIZE);
  }

  @Test
  void readersUnderPressureAlwaysSeeWholeFiles() throws Exception {
    for (int n = 0; n < 20; n++) {
      publish("t/" + n);
    }
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      List<Future<Integer>> readers = new ArrayList<>();
      for (int reader = 0; reader < 8; reader++) {
        Random random = new Random(reader);
        readers.add(threads.submit(() -> readRandomly(random)));
      }
      for (Future<Integer> reader : readers) {
        assertThat(reader.get(60, TimeUnit.SECONDS)).isEqualTo(200);
      }
    }

    assertThat(cache.stats().sizeBytes()).isLessThanOrEqualTo(3 * SIZE);
    assertThat(cache.stats().leasedFiles()).isZero();
    assertThat(cache.stats().evictions()).isPositive();
  }

  private int readRandomly(Random random) throws Exception {
    int whole = 0;
    for (int round = 0; round < 200; round++) {
      String key = "t/" + random.nextInt(20);
      try (Lease lease = acquire(key);
          InputStream in = Files.newInputStream(lease.path())) {
        if (Arrays.equals(in.readAllBytes(), content(key))) {
          whole++;
        }
      }
    }
    return whole;
  }

  private void publish(String key) {
    if (store.find(new ObjectKey(key)).isEmpty()) {
      ObjectStoreContract.publish(store, new ObjectKey(key), content(key));
    }
  }

  private static byte[] content(String key) {
    byte[] bytes = new byte[SIZE];
    new Random(key.hashCode()).nextBytes(bytes);
    return bytes;
  }

  private Lease acquire(String key) throws InterruptedException {
    return cache.acquire(new ObjectKey(key), SIZE);
  }

  private List<Lease> acquireAll(String... keys) {
    List<CachedObject> objects = new ArrayList<>();
    for (String key : keys) {
      objects.add(new CachedObject(new ObjectKey(key), SIZE));
    }
    try {
      return cache.acquireAll(objects);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private void acquireAndClose(String... keys) throws InterruptedException {
    for (String key : keys) {
      publish(key);
      acquire(key).close();
    }
  }

  private Path file(String key) throws IOException {
    return directory.toRealPath().resolve(key);
  }

  private static void awaitTrue(BooleanSupplier condition) {
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("deadline").isLessThan(deadline);
      LockSupport.parkNanos(1_000_000);
    }
  }
}
