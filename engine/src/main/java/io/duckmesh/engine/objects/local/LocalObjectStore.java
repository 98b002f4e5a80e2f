package io.duckmesh.engine.objects.local;

import static java.nio.file.StandardOpenOption.READ;
import static java.util.Objects.requireNonNull;

import io.duckmesh.engine.objects.ObjectInfo;
import io.duckmesh.engine.objects.ObjectKey;
import io.duckmesh.engine.objects.ObjectNotFoundException;
import io.duckmesh.engine.objects.ObjectStore;
import io.duckmesh.engine.objects.ObjectWriter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Optional;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.UUID;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Objects as files whose path below the root is their key. What is being written lies in {@code
 * .tmp}, which no key can name.
 */
final class LocalObjectStore implements ObjectStore {
  private static final Logger log = LoggerFactory.getLogger(LocalObjectStore.class);
  private static final Duration ABANDONED = Duration.ofHours(6);

  private final Path root;
  private final Path temporary;

  private LocalObjectStore(Path root) {
    this.root = root;
    this.temporary = root.resolve(".tmp");
  }

  static LocalObjectStore open(Path root, Clock clock) {
    try {
      LocalObjectStore store = new LocalObjectStore(Files.createDirectories(root).toRealPath());
      Files.createDirectories(store.temporary);
      store.checkHardLinks();
      store.deleteAbandoned(clock.instant().minus(ABANDONED));
      return store;
    } catch (IOException e) {
      throw LocalFailures.unavailable("Cannot use directory " + root + " as object store", e);
    }
  }

  @Override
  public ObjectWriter create(ObjectKey key) {
    try {
      return new LocalObjectWriter(this, key, temporary.resolve(UUID.randomUUID().toString()));
    } catch (IOException e) {
      throw LocalFailures.unavailable("Cannot create object " + key, e);
    }
  }

  @Override
  public InputStream open(ObjectKey key) {
    if (find(key).isEmpty()) {
      throw new ObjectNotFoundException(key);
    }
    try {
      return Files.newInputStream(path(key));
    } catch (NoSuchFileException e) {
      throw new ObjectNotFoundException(key);
    } catch (IOException e) {
      throw LocalFailures.unavailable("Cannot open object " + key, e);
    }
  }

  @Override
  public Optional<ObjectInfo> find(ObjectKey key) {
    try {
      return info(key, path(key));
    } catch (IOException e) {
      throw LocalFailures.unavailable("Cannot find object " + key, e);
    }
  }

  /** Folders stay when they become empty: a writer may be about to publish into them. */
  @Override
  public void delete(Collection<ObjectKey> keys) {
    for (ObjectKey key : keys) {
      try {
        Path file = path(key);
        if (Files.isRegularFile(file)) {
          Files.deleteIfExists(file);
        }
      } catch (IOException e) {
        throw LocalFailures.unavailable("Cannot delete object " + key, e);
      }
    }
  }

  @Override
  public Stream<ObjectInfo> list(String prefix) {
    LocalObjectIterator objects = new LocalObjectIterator(this, prefix);
    int characteristics = Spliterator.ORDERED | Spliterator.DISTINCT | Spliterator.NONNULL;
    return StreamSupport.stream(
        Spliterators.spliteratorUnknownSize(objects, characteristics), false);
  }

  @Override
  public Optional<Path> localRoot() {
    return Optional.of(root);
  }

  @Override
  public void close() {}

  Path root() {
    return root;
  }

  Path path(ObjectKey key) {
    return root.resolve(key.value());
  }

  /** What is there under the key; empty if nothing or a folder is. */
  static Optional<ObjectInfo> info(ObjectKey key, Path file) throws IOException {
    try {
      BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
      if (!attributes.isRegularFile()) {
        return Optional.empty();
      }
      Instant modifiedAt = attributes.lastModifiedTime().toInstant();
      return Optional.of(new ObjectInfo(key, attributes.size(), modifiedAt));
    } catch (IOException e) {
      if (LocalFailures.absent(e)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** Creates the folder of an object with all above it, so that they survive a loss of power. */
  void createFolder(Path folder) throws IOException {
    if (Files.isDirectory(folder)) {
      return;
    }
    Path parent = requireNonNull(folder.getParent());
    createFolder(parent);
    Files.createDirectories(folder);
    sync(parent);
  }

  /** Makes the entries of a folder durable. */
  static void sync(Path folder) throws IOException {
    try (FileChannel channel = FileChannel.open(folder, READ)) {
      channel.force(true);
    }
  }

  /** Publishing needs them: a link, unlike a rename, never replaces what is there. */
  private void checkHardLinks() throws IOException {
    Path file = Files.createFile(temporary.resolve(UUID.randomUUID().toString()));
    Path link = temporary.resolve(UUID.randomUUID().toString());
    try {
      Files.createLink(link, file);
    } catch (UnsupportedOperationException e) {
      throw new IOException("The file system has no hard links", e);
    } finally {
      Files.deleteIfExists(link);
      Files.delete(file);
    }
  }

  private void deleteAbandoned(Instant before) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(temporary)) {
      for (Path file : files) {
        // Another process may delete it at the same time.
        if (Files.exists(file)
            && Files.getLastModifiedTime(file).toInstant().isBefore(before)
            && Files.deleteIfExists(file)) {
          log.info("Deleted abandoned file file={}", file);
        }
      }
    }
  }
}
