package io.duckmesh.worker;

import io.duckmesh.activities.materialize.MaterializeReconciler;
import io.duckmesh.activities.materialize.MaterializeWorker;
import java.time.Duration;
import org.springframework.context.SmartLifecycle;

/**
 * Starts the worker when everything it needs is there, and drains it before any of that is closed.
 * It stops after the gateway has finished its requests, since some of them wait for batches.
 */
final class MaterializerLifecycle implements SmartLifecycle {
  /** After the web server has drained (1024 below the default phase), before it closes. */
  private static final int PHASE = SmartLifecycle.DEFAULT_PHASE - 1536;

  private final MaterializeWorker worker;
  private final MaterializeReconciler reconciler;
  private final Duration drain;
  private volatile boolean running;

  MaterializerLifecycle(
      MaterializeWorker worker, MaterializeReconciler reconciler, Duration drain) {
    this.worker = worker;
    this.reconciler = reconciler;
    this.drain = drain;
  }

  @Override
  public void start() {
    worker.start();
    reconciler.start();
    running = true;
  }

  @Override
  public void stop() {
    running = false;
    reconciler.close();
    worker.drain(drain);
    worker.close();
  }

  @Override
  public boolean isRunning() {
    return running;
  }

  @Override
  public int getPhase() {
    return PHASE;
  }
}
