package io.duckmesh.engine.objects.local;

import io.duckmesh.engine.objects.ObjectStoreUnavailableException;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/** What failures of the file system mean for the store. */
final class LocalFailures {
  private LocalFailures() {}

  static ObjectStoreUnavailableException unavailable(String what, IOException e) {
    return new ObjectStoreUnavailableException("%s: %s".formatted(what, e), e);
  }

  /** Whether the file is absent; so it is, too, when a folder of its path is a file. */
  static boolean absent(IOException e) {
    return e instanceof NoSuchFileException
        || e instanceof NotDirectoryException
        || (e instanceof FileSystemException failure
            && "Not a directory".equals(failure.getReason()));
  }
}
