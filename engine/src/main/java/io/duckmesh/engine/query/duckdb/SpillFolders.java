package io.duckmesh.engine.query.duckdb;

import io.duckmesh.engine.query.duckdb.process.OwnFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

/** Folders for what instances spill, one each: two instances of one tenant may overlap in time. */
final class SpillFolders implements AutoCloseable {
  private final OwnFolder own;
  private final AtomicInteger count = new AtomicInteger();

  private SpillFolders(OwnFolder own) {
    this.own = own;
  }

  /**
   * Deletes what engines that were killed have left there, and nothing of those that live. The
   * caller closes this.
   */
  static SpillFolders open(Path directory) {
    Path absolute = directory.toAbsolutePath().normalize();
    try {
      Files.createDirectories(absolute);
      return new SpillFolders(OwnFolder.create(absolute, "engine-"));
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot use spill folder " + absolute, e);
    }
  }

  /** A folder that nobody else has; it does not exist yet. */
  Path next() {
    return own.path().resolve("instance-" + count.incrementAndGet());
  }

  @Override
  public void close() {
    own.close();
  }
}
