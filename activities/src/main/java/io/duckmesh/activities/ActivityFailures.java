package io.duckmesh.activities;

import io.duckmesh.bus.BusUnavailableException;
import io.duckmesh.catalog.CatalogUnavailableException;
import io.duckmesh.catalog.CommitStateUnknownException;
import io.duckmesh.engine.objects.ObjectExistsException;
import io.duckmesh.engine.objects.ObjectStoreUnavailableException;
import io.duckmesh.workflows.FailureTypes;
import io.temporal.client.ActivityCompletionException;
import io.temporal.failure.ApplicationErrorCategory;
import io.temporal.failure.ApplicationFailure;
import io.temporal.failure.TemporalFailure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.function.Supplier;
import org.apache.arrow.memory.OutOfMemoryException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one place where what goes wrong in a step becomes a Temporal failure. */
public final class ActivityFailures {
  private static final Logger log = LoggerFactory.getLogger(ActivityFailures.class);

  private ActivityFailures() {}

  /** Runs the step; what it throws is thrown as a failure that says whether a retry helps. */
  public static <T> T translating(String step, Supplier<T> body) {
    try {
      return body.get();
    } catch (TemporalFailure | ActivityCompletionException e) {
      throw e;
    } catch (RuntimeException e) {
      ApplicationFailure failure = translate(step, e);
      if (FailureTypes.INTERNAL.equals(failure.getType())) {
        log.error("Step failed step={}", step, e);
      } else {
        log.warn("Step failed step={} reason={}", step, failure.getOriginalMessage());
      }
      throw failure;
    }
  }

  /**
   * The log acknowledged what the catalog has not landed. Not retried: going on would make the loss
   * silent.
   */
  public static ApplicationFailure logAheadOfCatalog(String shard, long acked, long watermark) {
    String message =
        "Log of shard %s is acknowledged up to position %d, but the catalog has landed only up to %d: events %d to %d may be lost; one of the two databases is not the one that belongs to the other"
            .formatted(shard, acked, watermark, watermark + 1, acked);
    log.error("{}", message);
    return ApplicationFailure.newNonRetryableFailure(message, FailureTypes.LOG_AHEAD_OF_CATALOG);
  }

  /**
   * Segments of a batch are neither in the log nor in quarantine. Not retried: going on would count
   * them as landed.
   */
  public static ApplicationFailure segmentsMissing(
      String shard, long first, long last, long missing) {
    String message =
        "Log of shard %s lacks %d of the segments at positions %d to %d, and they are not in quarantine either: their events are lost unless a backup of the log has them"
            .formatted(shard, missing, first, last);
    log.error("{}", message);
    return ApplicationFailure.newNonRetryableFailure(message, FailureTypes.SEGMENTS_MISSING);
  }

  /** The worker is being stopped; another one, or this one after its start, tries again soon. */
  public static ApplicationFailure workerDraining() {
    return ApplicationFailure.newBuilder()
        .setMessage("Worker is being stopped and takes no new work")
        .setType(FailureTypes.WORKER_DRAINING)
        // Every restart has one: nothing that logs and alerts should tell of.
        .setCategory(ApplicationErrorCategory.BENIGN)
        .setNextRetryDelay(Duration.ofMillis(200))
        .build();
  }

  /**
   * Whether the failure lies in what surrounds the events, such as a store that does not answer or
   * memory that is used up, so that it says nothing about the events themselves.
   */
  public static boolean isInfrastructure(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof Error
          || cause instanceof IOException
          || cause instanceof UncheckedIOException
          || cause instanceof InterruptedException
          || cause instanceof OutOfMemoryException
          || cause instanceof ObjectExistsException
          || cause instanceof ObjectStoreUnavailableException
          || cause instanceof CatalogUnavailableException
          || cause instanceof CommitStateUnknownException
          || cause instanceof BusUnavailableException
          || cause instanceof ActivityCompletionException
          || cause instanceof TemporalFailure) {
        return true;
      }
    }
    return false;
  }

  private static ApplicationFailure translate(String step, RuntimeException e) {
    String type =
        switch (e) {
          case CatalogUnavailableException unavailable -> FailureTypes.UNAVAILABLE;
          case BusUnavailableException unavailable -> FailureTypes.UNAVAILABLE;
          case ObjectStoreUnavailableException unavailable -> FailureTypes.UNAVAILABLE;
          case CommitStateUnknownException unknown -> FailureTypes.COMMIT_STATE_UNKNOWN;
          default -> FailureTypes.INTERNAL;
        };
    String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    return ApplicationFailure.newFailureWithCause(
        "Cannot %s: %s".formatted(step, message), type, e);
  }
}
