package io.duckmesh.activities.materialize;

import io.duckmesh.activities.ActivityFailures;
import io.duckmesh.activities.Progress;
import io.duckmesh.bus.Batch;
import io.duckmesh.bus.BatchLimits;
import io.duckmesh.bus.ConsumerId;
import io.duckmesh.bus.EventBus;
import io.duckmesh.bus.Position;
import io.duckmesh.bus.ShardId;
import io.duckmesh.catalog.Catalog;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Claims batches that begin where the catalog stands. What the log has acknowledged never passes
 * the catalog's watermark; where it is behind, since an acknowledgement was lost, it is caught up.
 */
final class BatchClaimer {
  private static final Logger log = LoggerFactory.getLogger(BatchClaimer.class);

  private final Catalog catalog;
  private final EventBus bus;
  private final MaterializeSettings settings;
  private final Clock clock;

  BatchClaimer(Catalog catalog, EventBus bus, MaterializeSettings settings, Clock clock) {
    this.catalog = catalog;
    this.bus = bus;
    this.settings = settings;
    this.clock = clock;
  }

  /**
   * Waits for events and claims them.
   *
   * @return empty if there were none in time
   * @throws InterruptedException if the thread was interrupted; nothing is claimed then
   * @throws io.temporal.failure.ApplicationFailure if the log is ahead of the catalog
   */
  Optional<Batch> claim(ShardId shard, ConsumerId consumer, Progress progress)
      throws InterruptedException {
    Position acked = bus.status(shard).acked();
    long watermark = settle(shard, acked);
    progress.words("waiting for events after position %d", watermark);
    Instant end = clock.instant().plus(settings.limits().maxWait());
    BatchLimits limits = settings.limits();
    while (true) {
      Optional<Batch> claimed = bus.claimBatch(shard, consumer, limits, settings.lease());
      if (claimed.isEmpty()) {
        return Optional.empty();
      }
      Batch batch = claimed.get();
      try {
        if (batch.after().value() == settle(shard, batch.after())) {
          return claimed;
        }
      } catch (RuntimeException e) {
        bus.release(batch.id());
        throw e;
      }
      // Acknowledging has ended the claim: what is left is claimed by itself.
      Duration left = Duration.between(clock.instant(), end);
      limits = limits.withMaxWait(left.isNegative() ? Duration.ZERO : left);
    }
  }

  /**
   * Acknowledges what the catalog has landed beyond {@code acked}. The watermark is read after the
   * acknowledged position was: so it can only be lower if the log is ahead for good.
   *
   * @return the watermark
   */
  private long settle(ShardId shard, Position acked) {
    long watermark =
        catalog.watermarks().load(new io.duckmesh.catalog.ShardId(shard.value())).position();
    if (acked.value() > watermark) {
      throw ActivityFailures.logAheadOfCatalog(shard.value(), acked.value(), watermark);
    }
    if (acked.value() < watermark) {
      log.info(
          "Catching up with the catalog shard={} acked={} watermark={}", shard, acked, watermark);
      bus.ack(shard, new Position(watermark));
    }
    return watermark;
  }
}
