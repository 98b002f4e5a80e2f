package io.duckmesh.worker;

import io.duckmesh.activities.Background;
import io.duckmesh.activities.Workers;
import java.time.Duration;
import java.util.List;
import org.springframework.context.SmartLifecycle;

/**
 * Starts workers when everything they need is there, and drains them before any of that is closed.
 * They stop after the gateway has finished its requests, since some of them wait for batches.
 */
final class WorkersLifecycle implements SmartLifecycle {
  /** After the web server has drained (1024 below the default phase), before it closes. */
  private static final int PHASE = SmartLifecycle.DEFAULT_PHASE - 1536;

  private final Workers workers;
  private final List<Background> background;
  private final Duration drain;
  private volatile boolean running;

  WorkersLifecycle(Workers workers, List<Background> background, Duration drain) {
    this.workers = workers;
    this.background = List.copyOf(background);
    this.drain = drain;
  }

  @Override
  public void start() {
    workers.start();
    background.forEach(Background::start);
    running = true;
  }

  @Override
  public void stop() {
    running = false;
    background.forEach(Background::close);
    workers.drain(drain);
    workers.close();
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
