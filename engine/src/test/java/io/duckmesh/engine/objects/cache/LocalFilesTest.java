package io.duckmesh.engine.objects.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.duckmesh.engine.objects.CorruptObjectException;
import io.duckmesh.engine.objects.ObjectKey;
import io.duckmesh.engine.objects.ObjectNotFoundException;
import io.duckmesh.engine.objects.ObjectStore;
import io.duckmesh.engine.objects.ObjectStoreContract;
import io.duckmesh.engine.objects.local.LocalObjects;
import java.nio.file.Path;
import java.time.Clock;
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
}
