package io.duckmesh.api;

import io.duckmesh.engine.objects.ObjectStore;
import io.duckmesh.engine.objects.local.LocalObjects;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Clock;

/** The one object store of all gateways of this JVM, as gateways of one installation have it. */
final class TestStore {
  private static final ObjectStore STORE = open();

  private TestStore() {}

  static ObjectStore shared() {
    return STORE;
  }

  private static ObjectStore open() {
    try {
      return LocalObjects.open(Files.createTempDirectory("duckmesh-api"), Clock.systemUTC());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
