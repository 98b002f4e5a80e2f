package io.duckmesh.engine.query.duckdb.process;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A folder of one owner in a directory that others use as well, also other processes. A file in it
 * is locked as long as the owner lives; who comes later deletes folders whose lock is free.
 */
public final class OwnFolder implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(OwnFolder.class);
  private static final String LOCK = "lock";

  private final Path path;
  private final FileLock lock;

  private OwnFolder(Path path, FileLock lock) {
    this.path = path;
    this.lock = lock;
  }

  /**
   * Makes a folder whose name begins with the prefix, and deletes those of owners that have ended.
   * The caller closes it.
   */
  public static OwnFolder create(Path directory, String prefix) throws IOException {
    deleteAbandoned(directory, prefix);
    Path path = Files.createTempDirectory(directory, prefix);
    return new OwnFolder(path, requireNonNull(lock(path), "Somebody else has locked a new folder"));
  }

  private static void deleteAbandoned(Path directory, String prefix) throws IOException {
    try (DirectoryStream<Path> folders = Files.newDirectoryStream(directory, prefix + "*")) {
      for (Path folder : folders) {
        if (Files.isWritable(folder) && Files.exists(folder.resolve(LOCK))) {
          FileLock lock = lock(folder);
          if (lock != null) {
            deleteQuietly(folder);
            lock.channel().close();
          }
        }
      }
    }
  }

  private static @Nullable FileLock lock(Path folder) throws IOException {
    FileChannel channel =
        FileChannel.open(folder.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    FileLock lock = null;
    try {
      lock = channel.tryLock();
      return lock;
    } catch (OverlappingFileLockException e) {
      return null;
    } finally {
      if (lock == null) {
        channel.close();
      }
    }
  }

  public Path path() {
    return path;
  }

  /** Deletes the folder with all that is in it. */
  @Override
  public void close() {
    deleteQuietly(path);
    try {
      lock.channel().close();
    } catch (IOException e) {
      log.warn("Cannot close the lock of a folder folder={}", path, e);
    }
  }

  private static void deleteQuietly(Path folder) {
    try {
      Folders.delete(folder);
    } catch (IOException e) {
      // Somebody else deletes it as well, or the next owner does.
      log.warn("Cannot delete folder folder={}", folder, e);
    }
  }
}
