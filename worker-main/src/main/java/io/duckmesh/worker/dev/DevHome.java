package io.duckmesh.worker.dev;

import io.duckmesh.worker.cli.ClientFile;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The folder that has all state of a dev instance. While it is open it is locked: one instance at a
 * time. The system frees the lock when the process ends, however it ends.
 */
final class DevHome implements AutoCloseable {
  private final Path directory;
  private final FileChannel channel;

  private DevHome(Path directory, FileChannel channel) {
    this.directory = directory;
    this.channel = channel;
  }

  /**
   * Opens the folder, making it where it is missing.
   *
   * @throws DevException naming who holds it, if another instance does
   */
  static DevHome open(Path path) {
    Path directory = path.toAbsolutePath().normalize();
    try {
      Files.createDirectories(directory);
      FileChannel channel =
          FileChannel.open(
              directory.resolve("lock"),
              StandardOpenOption.CREATE,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE);
      if (lock(channel) == null) {
        channel.close();
        throw new DevException(
            "Another instance runs in %s: %s. Stop it, or use another folder with --home"
                .formatted(directory, holder(directory)));
      }
      DevHome home = new DevHome(directory, channel);
      for (Path folder : new Path[] {home.logs(), home.run(), home.objects()}) {
        Files.createDirectories(folder);
      }
      Files.writeString(home.pidFile(), ProcessHandle.current().pid() + "\n");
      return home;
    } catch (IOException e) {
      throw new DevException("Cannot use %s as home: %s".formatted(directory, e), e);
    }
  }

  Path directory() {
    return directory;
  }

  Path logs() {
    return directory.resolve("logs");
  }

  /** Where pid files are. */
  Path run() {
    return directory.resolve("run");
  }

  Path objects() {
    return directory.resolve("objects");
  }

  Path postgres() {
    return directory.resolve("postgres");
  }

  /** A text of one line that is kept from start to start, made at the first. */
  String keep(String name, java.util.function.Supplier<String> first) {
    Path file = directory.resolve(name);
    try {
      if (Files.isRegularFile(file)) {
        return Files.readString(file).strip();
      }
      String text = first.get();
      Path draft = directory.resolve(name + ".new");
      Files.deleteIfExists(draft);
      Files.createFile(
          draft,
          java.nio.file.attribute.PosixFilePermissions.asFileAttribute(
              java.nio.file.attribute.PosixFilePermissions.fromString("rw-------")));
      Files.writeString(draft, text + "\n");
      Files.move(draft, file, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
      return text;
    } catch (IOException e) {
      throw new DevException("Cannot keep %s: %s".formatted(file, e.getMessage()), e);
    }
  }

  @Override
  public void close() {
    try {
      Files.deleteIfExists(pidFile());
      channel.close();
    } catch (IOException e) {
      throw new DevException("Cannot leave %s: %s".formatted(directory, e.getMessage()), e);
    }
  }

  private Path pidFile() {
    return run().resolve("duckmesh.pid");
  }

  private static @Nullable FileLock lock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null;
    }
  }

  private static String holder(Path directory) {
    Optional<Long> pid = ChildProcess.readPid(directory.resolve("run").resolve("duckmesh.pid"));
    Optional<String> url = ClientFile.read(directory).map(ClientFile::url);
    return pid.map(value -> "process " + value).orElse("a process that is just starting")
        + url.map(value -> ", last at " + value).orElse("");
  }
}
