package io.duckmesh.engine.objects.cache;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.WRITE;
import static java.util.Objects.requireNonNull;

import io.duckmesh.engine.objects.CorruptObjectException;
import io.duckmesh.engine.objects.ObjectInfo;
import io.duckmesh.engine.objects.ObjectKey;
import io.duckmesh.engine.objects.ObjectStore;
import io.duckmesh.engine.objects.ObjectStoreUnavailableException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** The way of an object from the store into a file. */
final class Download {
  private static final int BUFFER_BYTES = 256 << 10;

  private Download() {}

  /**
   * Copies the object's bytes into a new file, which is whole and durable when this returns.
   *
   * @throws CorruptObjectException if they are not the bytes that were published
   */
  static void fetch(ObjectStore store, CachedObject object, Path file) {
    ObjectKey key = object.key();
    long sizeBytes = object.sizeBytes();
    MessageDigest digest = object.contentHash() == null ? null : sha256();
    try (InputStream body = store.open(key);
        FileChannel channel = create(key, file)) {
      byte[] buffer = new byte[BUFFER_BYTES];
      long written = 0;
      int count = read(key, body, buffer);
      while (count >= 0 && written <= sizeBytes) {
        write(key, channel, ByteBuffer.wrap(buffer, 0, count));
        if (digest != null) {
          digest.update(buffer, 0, count);
        }
        written += count;
        count = read(key, body, buffer);
      }
      if (written != sizeBytes) {
        // What is too long was not read to its end.
        long actual = store.find(key).map(ObjectInfo::sizeBytes).orElse(written);
        throw new CorruptObjectException(key, sizeBytes, actual);
      }
      if (digest != null) {
        checkHash(object, HexFormat.of().formatHex(digest.digest()));
      }
      // A file of the right size whose bytes a loss of power took would be adopted as whole.
      channel.force(false);
    } catch (IOException e) {
      throw failed(key, e);
    }
  }

  static void checkHash(CachedObject object, String actual) {
    String expected = object.contentHash();
    if (expected != null && !expected.equals(actual)) {
      throw new CorruptObjectException(object.key(), expected, actual);
    }
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java has SHA-256", e);
    }
  }

  /** Gives the file its name; readers of a file that had it before keep that one. */
  static void moveIntoPlace(Path file, Path target) {
    try {
      Files.createDirectories(requireNonNull(target.getParent()));
      Files.move(file, target, ATOMIC_MOVE);
    } catch (IOException e) {
      throw new ObjectCacheException("Cannot cache file %s: %s".formatted(target, e), e);
    }
  }

  private static FileChannel create(ObjectKey key, Path file) {
    try {
      return FileChannel.open(file, CREATE_NEW, WRITE);
    } catch (IOException e) {
      throw failed(key, e);
    }
  }

  private static int read(ObjectKey key, InputStream body, byte[] buffer) {
    try {
      return body.read(buffer);
    } catch (IOException e) {
      throw new ObjectStoreUnavailableException("Cannot read object %s: %s".formatted(key, e), e);
    }
  }

  private static void write(ObjectKey key, FileChannel channel, ByteBuffer bytes) {
    try {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    } catch (IOException e) {
      throw failed(key, e);
    }
  }

  private static ObjectCacheException failed(ObjectKey key, IOException e) {
    return new ObjectCacheException("Cannot cache object %s: %s".formatted(key, e), e);
  }
}
