package io.duckmesh.engine.objects.cache;

import io.duckmesh.engine.objects.InMemoryObjectStore;
import io.duckmesh.engine.objects.ObjectKey;
import io.duckmesh.engine.objects.ObjectStoreUnavailableException;
import java.io.InputStream;
import java.time.Clock;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** Counts the objects that are opened, and can hold them back or fail. */
final class GatedStore extends InMemoryObjectStore {
  private final AtomicInteger opened = new AtomicInteger();
  private volatile CountDownLatch gate = new CountDownLatch(0);
  private volatile boolean down;

  GatedStore() {
    super(Clock.systemUTC());
  }

  int opened() {
    return opened.get();
  }

  void hold() {
    gate = new CountDownLatch(1);
  }

  void letGo() {
    gate.countDown();
  }

  void setDown(boolean down) {
    this.down = down;
  }

  @Override
  public InputStream open(ObjectKey key) {
    opened.incrementAndGet();
    try {
      gate.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ObjectStoreUnavailableException("Interrupted while held back", e);
    }
    if (down) {
      throw new ObjectStoreUnavailableException("The store is down");
    }
    return super.open(key);
  }
}
