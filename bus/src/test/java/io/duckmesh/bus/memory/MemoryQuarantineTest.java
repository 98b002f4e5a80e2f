package io.duckmesh.bus.memory;

import io.duckmesh.bus.BusOptions;
import io.duckmesh.bus.EventBus;
import io.duckmesh.bus.QuarantineContract;
import java.time.Clock;

class MemoryQuarantineTest extends QuarantineContract {
  @Override
  protected EventBus create(BusOptions options) {
    return new MemoryBus(Clock.systemUTC(), options, Waiting.inRealTime());
  }
}
