package io.duckmesh.engine.query;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * Lets somebody cancel a statement from before it starts: a statement that computes its answer
 * while it starts has no {@link QueryExecution} yet that could be cancelled. May be used from any
 * thread.
 */
public final class QueryCancellation {
  private @Nullable Runnable action;
  private boolean cancelled;

  /** Cancels the statement, at once or as soon as there is something to cancel. Repeatable. */
  public void cancel() {
    Runnable now;
    synchronized (this) {
      cancelled = true;
      now = action;
    }
    if (now != null) {
      now.run();
    }
  }

  /** Whether it was asked for. */
  public synchronized boolean isCancelled() {
    return cancelled;
  }

  /** What cancelling does from now on; done at once if it has been asked for. */
  public void onCancel(Runnable action) {
    requireNonNull(action, "action is null");
    boolean late;
    synchronized (this) {
      this.action = action;
      late = cancelled;
    }
    if (late) {
      action.run();
    }
  }
}
