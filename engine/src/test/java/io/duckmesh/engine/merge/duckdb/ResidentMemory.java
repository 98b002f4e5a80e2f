package io.duckmesh.engine.merge.duckdb;

import io.duckmesh.engine.query.duckdb.process.DuckDbProcess;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Looks again and again at what each process that this one has started takes. */
final class ResidentMemory implements AutoCloseable {
  private final AtomicLong most = new AtomicLong();
  private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();

  private ResidentMemory() {}

  static ResidentMemory watch() {
    ResidentMemory memory = new ResidentMemory();
    var unused = memory.clock.scheduleAtFixedRate(memory::look, 0, 10, TimeUnit.MILLISECONDS);
    return memory;
  }

  private void look() {
    ProcessHandle.current()
        .children()
        .mapToLong(child -> DuckDbProcess.residentBytes(child.pid()).orElse(0))
        .forEach(bytes -> most.accumulateAndGet(bytes, Math::max));
  }

  /** Most bytes of one process. */
  long most() {
    return most.get();
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
