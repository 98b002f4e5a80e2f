package io.duckmesh.engine.objects.cache;

import java.nio.file.Path;

/** The right to a local file: the file stays until the lease is closed. Closing twice is fine. */
public interface Lease extends AutoCloseable {
  /** The whole object, to be read only. */
  Path path();

  @Override
  void close();
}
