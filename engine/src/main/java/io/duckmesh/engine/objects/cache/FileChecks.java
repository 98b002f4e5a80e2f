package io.duckmesh.engine.objects.cache;

import io.duckmesh.engine.objects.CorruptObjectException;
import io.duckmesh.engine.objects.ObjectNotFoundException;
import io.duckmesh.engine.objects.ObjectStoreUnavailableException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * Whether a file has the bytes that were published. They are read once; later only its size and its
 * time are looked at, so bytes that a disk changes by itself meanwhile are not seen.
 */
final class FileChecks {
  private static final int BUFFER_BYTES = 256 << 10;

  private FileChecks() {}

  /**
   * How a file looked when its bytes were read.
   *
   * @param fileKey what the system calls the file, null where it has no name for it
   */
  record Stamp(long sizeBytes, FileTime modified, @Nullable Object fileKey) {
    static Stamp of(Path file) throws IOException {
      BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
      return new Stamp(now.size(), now.lastModifiedTime(), now.fileKey());
    }
  }

  /**
   * Reads the file's bytes and compares them, if the object's hash is known.
   *
   * @throws CorruptObjectException if they are not the object's
   * @throws ObjectNotFoundException if there is no file
   */
  static void check(CachedObject object, Path file) throws InterruptedException {
    if (object.contentHash() != null) {
      Download.checkHash(object, hash(object, file));
    }
  }

  /**
   * @throws CorruptObjectException if the file has another size
   * @throws ObjectNotFoundException if there is no file
   */
  static Stamp stamp(CachedObject object, Path file) {
    try {
      Stamp stamp = Stamp.of(file);
      if (stamp.sizeBytes() != object.sizeBytes()) {
        throw new CorruptObjectException(object.key(), object.sizeBytes(), stamp.sizeBytes());
      }
      return stamp;
    } catch (NoSuchFileException e) {
      throw new ObjectNotFoundException(object.key());
    } catch (IOException e) {
      throw new ObjectStoreUnavailableException(
          "Cannot look at object %s: %s".formatted(object.key(), e), e);
    }
  }

  private static String hash(CachedObject object, Path file) throws InterruptedException {
    MessageDigest digest = Download.sha256();
    byte[] buffer = new byte[BUFFER_BYTES];
    try (InputStream in = Files.newInputStream(file)) {
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        digest.update(buffer, 0, count);
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (ClosedByInterruptException e) {
      throw interrupted(object, e);
    } catch (NoSuchFileException e) {
      throw new ObjectNotFoundException(object.key());
    } catch (IOException e) {
      throw new ObjectStoreUnavailableException(
          "Cannot read object %s: %s".formatted(object.key(), e), e);
    }
  }

  /** The flag is taken back, as whoever throws this exception does. */
  private static InterruptedException interrupted(CachedObject object, Throwable cause) {
    var unused = Thread.interrupted();
    InterruptedException interrupted =
        new InterruptedException("Interrupted while reading object " + object.key());
    interrupted.initCause(cause);
    return interrupted;
  }
}
