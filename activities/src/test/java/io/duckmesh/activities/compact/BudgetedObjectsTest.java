package io.duckmesh.activities.compact;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.engine.objects.ObjectKey;
import io.duckmesh.engine.objects.ObjectStore;
import io.duckmesh.engine.objects.ObjectWriter;
import io.duckmesh.engine.objects.local.LocalObjects;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Clock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BudgetedObjectsTest {
  private static final int MEGABYTE = 1 << 20;

  @TempDir Path directory;

  @Test
  void bytesReadAndWrittenComeOutOfOneBudget() throws IOException {
    byte[] bytes = new byte[MEGABYTE];
    ObjectKey key = new ObjectKey("a");
    try (ObjectStore store = LocalObjects.open(directory, Clock.systemUTC())) {
      ObjectStore budgeted = BudgetedObjects.of(store, 2L * MEGABYTE);
      long began = System.nanoTime();
      write(budgeted, key, bytes);
      assertThat(read(budgeted, key)).isEqualTo(bytes);
      write(budgeted, new ObjectKey("b"), bytes);

      // The last of the three is waited for by whoever comes next.
      assertThat(System.nanoTime() - began).isGreaterThan(900_000_000L);
    }
  }

  @Test
  void budgetOfZeroIsNoLimit() throws IOException {
    try (ObjectStore store = LocalObjects.open(directory, Clock.systemUTC())) {
      assertThat(BudgetedObjects.of(store, 0)).isSameAs(store);
    }
  }

  private static void write(ObjectStore store, ObjectKey key, byte[] bytes) throws IOException {
    try (ObjectWriter writer = store.create(key)) {
      writer.stream().write(bytes);
      writer.publish();
    }
  }

  private static byte[] read(ObjectStore store, ObjectKey key) throws IOException {
    try (InputStream in = store.open(key)) {
      return in.readAllBytes();
    }
  }
}
