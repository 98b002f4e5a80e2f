package io.duckmesh.engine.objects.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.duckmesh.engine.objects.ObjectExistsException;
import io.duckmesh.engine.objects.ObjectStore;
import io.duckmesh.engine.objects.ObjectStoreContract;
import io.duckmesh.engine.objects.ObjectStoreUnavailableException;
import io.duckmesh.engine.objects.ObjectWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalObjectStoreTest extends ObjectStoreContract {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  @TempDir Path directory;
  private ObjectStore store;

  @BeforeEach
  void open() {
    store = LocalObjects.open(directory.resolve("root"), Clock.fixed(NOW, ZoneOffset.UTC));
  }

  @Override
  protected ObjectStore store() {
    return store;
  }

  @Test
  void objectIsTheFileOfItsKeyBelowTheRoot() {
    publish(key("tenant/table/1.parquet"), bytes(10));

    assertThat(store.localRoot().orElseThrow().resolve("tenant/table/1.parquet"))
        .hasBinaryContent(bytes(10));
  }

  @Test
  void nothingTemporaryIsLeftByWritersThatEnded() throws IOException {
    publish(key("one"), bytes(10));
    assertThatThrownBy(() -> publish(key("one"), bytes(20)))
        .isInstanceOf(ObjectExistsException.class);
    store.create(key("two")).close();

    assertThat(temporaryFiles()).isEmpty();
  }

  @Test
  void openingDeletesWhatWritersLeftSixHoursAgoAndNothingNewer() throws IOException {
    Path old = temporaryFile("old", NOW.minus(Duration.ofHours(7)));
    Path young = temporaryFile("young", NOW.minus(Duration.ofHours(5)));

    open();

    assertThat(old).doesNotExist();
    assertThat(young).exists();
    assertThat(keys("")).isEmpty();
  }

  @Test
  void twoStoresShareADirectory() throws IOException {
    ObjectStore other = LocalObjects.open(directory.resolve("root"), Clock.systemUTC());
    try (ObjectWriter writer = store.create(key("shared"))) {
      writer.stream().write(bytes(5));
      publish(other, key("shared"), bytes(6));

      assertThatThrownBy(writer::publish).isInstanceOf(ObjectExistsException.class);
    }

    assertThat(read(key("shared"))).isEqualTo(bytes(6));
  }

  @Test
  void writerWhoseTemporaryFileVanishedPublishesNothing() throws IOException {
    try (ObjectWriter writer = store.create(key("vanished"))) {
      writer.stream().write(bytes(5));
      for (Path file : temporaryFiles()) {
        Files.delete(file);
      }

      assertThatThrownBy(writer::publish)
          .isInstanceOf(ObjectStoreUnavailableException.class)
          .hasMessageContaining("vanished");
    }

    assertThat(store.find(key("vanished"))).isEmpty();
  }

  @Test
  void filesThatAreNoObjectsAreNotListed() throws IOException {
    publish(key("a/1"), bytes(1));
    Files.writeString(directory.resolve("root/.hidden"), "x");
    Files.writeString(directory.resolve("root/a/with space"), "x");
    Files.createDirectory(directory.resolve("root/empty"));

    assertThat(keys("")).containsExactly("a/1");
  }

  @Test
  void rootThatIsAFileIsRefusedByName() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "x");

    assertThatThrownBy(() -> LocalObjects.open(file, Clock.systemUTC()))
        .isInstanceOf(ObjectStoreUnavailableException.class)
        .hasMessageContaining(file.toString());
  }

  private Path temporaryFile(String name, Instant modifiedAt) throws IOException {
    Path file = Files.writeString(directory.resolve("root/.tmp").resolve(name), "half");
    return Files.setLastModifiedTime(file, FileTime.from(modifiedAt));
  }

  private List<Path> temporaryFiles() throws IOException {
    try (Stream<Path> files = Files.list(directory.resolve("root/.tmp"))) {
      return files.toList();
    }
  }
}
