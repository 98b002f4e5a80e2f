package io.duckmesh.activities.collect;

import io.duckmesh.activities.StopSignal;
import io.duckmesh.activities.UpkeepMetrics;
import io.duckmesh.catalog.upkeep.Garbage;
import io.duckmesh.catalog.upkeep.GarbageObject;
import io.duckmesh.engine.objects.ObjectKey;
import io.duckmesh.engine.objects.ObjectStore;
import io.duckmesh.engine.objects.ObjectStoreUnavailableException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Deletes garbage: first the object, then what the catalog knows of it. */
final class Sweeper {
  private static final Logger log = LoggerFactory.getLogger(Sweeper.class);

  /** A store that refuses so many in a row is taken for one that refuses all. */
  private static final int MOST_IN_A_ROW = 5;

  private final Garbage garbage;
  private final ObjectStore store;
  private final UpkeepMetrics metrics;

  Sweeper(Garbage garbage, ObjectStore store, UpkeepMetrics metrics) {
    this.garbage = garbage;
    this.store = store;
    this.metrics = metrics;
  }

  /**
   * What became of a page.
   *
   * @param bytes of what was deleted
   * @param storeIsAway whether it makes no sense to go on now
   */
  record Swept(
      long deleted, long bytes, long failed, @Nullable String reason, boolean storeIsAway) {}

  /** Deletes the objects, together; if that fails, one by one. */
  Swept sweep(List<GarbageObject> page, StopSignal stop) {
    if (page.isEmpty()) {
      return new Swept(0, 0, 0, null, false);
    }
    try {
      store.delete(page.stream().map(object -> new ObjectKey(object.objectKey())).toList());
    } catch (ObjectStoreUnavailableException e) {
      log.warn("Page of garbage not deleted objects={} reason={}", page.size(), e.getMessage());
      return oneByOne(page, stop);
    }
    garbage.deleted(page.stream().map(GarbageObject::objectKey).toList());
    long bytes = page.stream().mapToLong(GarbageObject::sizeBytes).sum();
    metrics.deleted(page.size(), bytes);
    return new Swept(page.size(), bytes, 0, null, false);
  }

  private Swept oneByOne(List<GarbageObject> page, StopSignal stop) {
    long deleted = 0;
    long bytes = 0;
    long failed = 0;
    int inARow = 0;
    String reason = null;
    for (GarbageObject object : page) {
      stop.check();
      try {
        store.delete(List.of(new ObjectKey(object.objectKey())));
        garbage.deleted(List.of(object.objectKey()));
        deleted++;
        bytes += object.sizeBytes();
        inARow = 0;
      } catch (ObjectStoreUnavailableException e) {
        reason = String.valueOf(e.getMessage());
        garbage.failed(List.of(object.objectKey()), reason);
        failed++;
        inARow++;
        log.warn("Object not deleted object={} reason={}", object.objectKey(), reason);
        if (inARow == MOST_IN_A_ROW) {
          break;
        }
      }
    }
    metrics.deleted(deleted, bytes);
    metrics.undeleted(failed);
    return new Swept(deleted, bytes, failed, reason, inARow == MOST_IN_A_ROW);
  }
}
