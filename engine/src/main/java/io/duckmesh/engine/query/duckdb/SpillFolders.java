package io.duckmesh.engine.query.duckdb;

import io.duckmesh.engine.query.duckdb.process.Folders;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** Folders for what instances spill, one each: two instances of one tenant may overlap in time. */
final class SpillFolders {
  private static final String PREFIX = "instance-";

  private final Path directory;
  private final AtomicInteger count = new AtomicInteger();

  private SpillFolders(Path directory) {
    this.directory = directory;
  }

  /** Deletes what a process that was killed has left. */
  static SpillFolders open(Path directory) {
    Path absolute = directory.toAbsolutePath().normalize();
    try {
      Files.createDirectories(absolute);
      try (Stream<Path> children = Files.list(absolute)) {
        for (Path child : children.toList()) {
          if (child.getFileName().toString().startsWith(PREFIX)) {
            Folders.delete(child);
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot use spill folder " + absolute, e);
    }
    return new SpillFolders(absolute);
  }

  /** A folder that nobody else has; it does not exist yet. */
  Path next() {
    return directory.resolve(PREFIX + count.incrementAndGet());
  }
}
