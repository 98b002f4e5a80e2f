package io.duckmesh.engine.objects.cache;

import java.nio.file.Path;

/** The right to a local file: the file stays until the lease is closed. Closing twice is fine. */
public interface Lease extends AutoCloseable {
  /** The whole object, to be read only. */
  Path path();

  /** Whether the file had to be downloaded, and this lease began it. */
  default boolean downloaded() {
    return false;
  }

  @Override
  void close();
}
