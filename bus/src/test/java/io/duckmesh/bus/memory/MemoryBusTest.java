package io.duckmesh.bus.memory;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.bus.Batch;
import io.duckmesh.bus.BusOptions;
import io.duckmesh.bus.EventBus;
import io.duckmesh.bus.EventBusContract;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class MemoryBusTest extends EventBusContract {
  private @Nullable EventBus bus;

  @Override
  protected EventBus connect(BusOptions options) {
    if (bus == null) {
      bus = new MemoryBus(Clock.systemUTC(), options, Waiting.inRealTime());
    }
    return bus;
  }

  @Test
  void withoutWaitingOnlyTheClockDecides() throws InterruptedException {
    AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2026-01-01T00:00:00Z"));
    InstantSource source = now::get;
    MemoryBus still =
        new MemoryBus(source.withZone(ZoneOffset.UTC), BusOptions.DEFAULTS, Waiting.none());
    still.ensureShard(SHARD, TENANT);
    assertThat(still.claimBatch(SHARD, ANNA, PATIENT, LEASE)).isEmpty();
    publishMany(still, 1);
    Batch batch = still.claimBatch(SHARD, ANNA, PATIENT, LEASE).orElseThrow();
    assertThat(still.claimBatch(SHARD, BERT, PATIENT, LEASE)).isEmpty();

    now.updateAndGet(instant -> instant.plus(LEASE).plus(Duration.ofNanos(1)));

    assertThat(still.claimBatch(SHARD, BERT, PATIENT, LEASE).orElseThrow().id().claim())
        .isEqualTo(batch.id().claim() + 1);
  }
}
