package io.duckmesh.engine.objects.local;

import io.duckmesh.engine.objects.ObjectStore;
import java.nio.file.Path;
import java.time.Clock;

/** Object stores in directories of this machine. */
public final class LocalObjects {
  private LocalObjects() {}

  /**
   * Opens the store below a directory, which is created if absent; the file system must have hard
   * links. Several processes may have it open. What writers of crashed processes left behind is
   * deleted once it is six hours old.
   *
   * @throws io.duckmesh.engine.objects.ObjectStoreUnavailableException if the directory cannot be
   *     used
   */
  public static ObjectStore open(Path root, Clock clock) {
    return LocalObjectStore.open(root, clock);
  }
}
