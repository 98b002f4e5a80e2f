package io.duckmesh.worker;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * A folder that no other process uses as long as this one lives, of those below a directory that
 * processes may share. One that was left by a process that has ended is taken again, with what is
 * in it.
 */
final class ClaimedFolder implements AutoCloseable {
  private static final int MOST = 1_000;

  private final Path path;
  private final FileChannel channel;

  private ClaimedFolder(Path path, FileChannel channel) {
    this.path = path;
    this.channel = channel;
  }

  /** Claims the first folder that is free; the caller closes it when nothing uses it any more. */
  static ClaimedFolder below(Path directory) {
    try {
      Files.createDirectories(directory);
      for (int number = 0; number < MOST; number++) {
        FileChannel channel = lock(directory.resolve(number + ".lock"));
        if (channel != null) {
          return new ClaimedFolder(
              Files.createDirectories(directory.resolve(String.valueOf(number))), channel);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot use folder " + directory, e);
    }
    throw new IllegalStateException(
        "All %d folders below %s are in use".formatted(MOST, directory));
  }

  Path path() {
    return path;
  }

  /** Lets others have the folder. */
  @Override
  public void close() throws IOException {
    channel.close();
  }

  /** Null if another process, or another part of this one, has the lock. */
  private static @Nullable FileChannel lock(Path file) throws IOException {
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    FileLock lock = null;
    try {
      lock = channel.tryLock();
    } catch (OverlappingFileLockException e) {
      // In this process, which is as good as in another one.
      return null;
    } finally {
      if (lock == null) {
        channel.close();
      }
    }
    return lock == null ? null : channel;
  }
}
