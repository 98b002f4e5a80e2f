package io.duckmesh.engine.objects.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.duckmesh.engine.objects.CorruptObjectException;
import io.duckmesh.engine.objects.ObjectKey;
import io.duckmesh.engine.objects.ObjectNotFoundException;
import io.duckmesh.engine.objects.ObjectStore;
import io.duckmesh.engine.objects.ObjectStoreContract;
import io.duckmesh.engine.objects.local.LocalObjects;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.time.Clock;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalFilesTest {
  @TempDir Path directory;

  @Test
  void localObjectIsAnsweredWhereItIs() throws Exception {
    ObjectStore store = LocalObjects.open(directory.resolve("objects"), Clock.systemUTC());
    ObjectCache cache = ObjectCache.open(store, directory.resolve("cache"), 1);
    ObjectKey key = new ObjectKey("tenant/table/1.parquet");
    ObjectStoreContract.publish(store, key, new byte[] {1, 2, 3});

    try (Lease lease = cache.acquire(key, 3)) {
      assertThat(lease.path()).isEqualTo(cache.root().resolve(key.value()));
      assertThat(lease.path()).hasBinaryContent(new byte[] {1, 2, 3});
    }

    assertThat(cache.root()).isEqualTo(store.localRoot().orElseThrow());
    assertThat(directory.resolve("cache")).doesNotExist();
  }

  @Test
  void absentAndDamagedObjectsAreTold() {
    ObjectStore store = LocalObjects.open(directory, Clock.systemUTC());
    ObjectCache cache = ObjectCache.open(store, directory.resolve("cache"), 1);
    ObjectKey key = new ObjectKey("t/1");
    ObjectStoreContract.publish(store, key, new byte[] {1, 2, 3});

    assertThatThrownBy(() -> cache.acquire(key, 4))
        .isInstanceOf(CorruptObjectException.class)
        .hasMessage("Object t/1 has 3 bytes instead of 4");
    assertThatThrownBy(() -> cache.acquire(new ObjectKey("t/2"), 4))
        .isInstanceOf(ObjectNotFoundException.class);
  }

  @Test
  void changedBytesAreToldWhenTheFileIsFirstReadAndAfterItsTimeHasChanged() throws Exception {
    ObjectStore store = LocalObjects.open(directory, Clock.systemUTC());
    ObjectCache cache = ObjectCache.open(store, directory.resolve("cache"), 1);
    ObjectKey key = new ObjectKey("t/1");
    byte[] published = {1, 2, 3};
    ObjectStoreContract.publish(store, key, published);
    String hash = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(published));
    List<CachedObject> object = List.of(new CachedObject(key, 3, hash));
    cache.acquireAll(object).forEach(Lease::close);

    Path file = cache.root().resolve(key.value());
    Files.write(file, new byte[] {1, 2, 4});
    Files.setLastModifiedTime(file, FileTime.fromMillis(1));

    assertThatThrownBy(() -> cache.acquireAll(object))
        .isInstanceOf(CorruptObjectException.class)
        .hasMessageStartingWith("Object t/1 has hash");
    try (ObjectCache other = ObjectCache.open(store, directory.resolve("cache"), 1)) {
      assertThatThrownBy(() -> other.acquireAll(object)).isInstanceOf(CorruptObjectException.class);
    }

    Files.write(file, published);
    assertThat(cache.acquireAll(object)).hasSize(1);
  }
}
