package io.duckmesh.activities.materialize;

import io.duckmesh.activities.Background;
import io.duckmesh.activities.Rounds;
import io.duckmesh.activities.SearchAttributeSetup;
import io.duckmesh.bus.BusUnavailableException;
import io.duckmesh.bus.EventBus;
import io.duckmesh.bus.ShardId;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.CatalogUnavailableException;
import io.duckmesh.catalog.Watermark;
import io.duckmesh.workflows.materialize.MaterializeInput;
import io.duckmesh.workflows.materialize.MaterializeStarts;
import io.duckmesh.workflows.materialize.MaterializeWorkflow;
import io.grpc.StatusRuntimeException;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowExecutionAlreadyStarted;
import io.temporal.client.WorkflowServiceException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes sure, again and again, that every shard of the catalog is known to the log and has a
 * running workflow, and does the log's and the catalog's housekeeping. Any number of processes may
 * run one.
 */
public final class MaterializeReconciler implements Background {
  private static final Logger log = LoggerFactory.getLogger(MaterializeReconciler.class);

  private static final Duration EXPIRE_INTERVAL = Duration.ofHours(1);

  /** Most rounds between two starts of a run that ends again and again. */
  private static final int MAX_PAUSE = 5;

  private final WorkflowClient client;
  private final Catalog catalog;
  private final EventBus bus;
  private final Clock clock;
  private final Rounds rounds;
  private final Map<String, Starts> starts = new HashMap<>();

  private @Nullable Boolean searchAttributes;
  private boolean temporalDown;
  private boolean databaseDown;
  private Instant expireAt;

  /**
   * @param client its data converter must be {@link io.duckmesh.workflows.PayloadConverters}
   * @param interval time between two rounds, usually 5 s
   */
  public MaterializeReconciler(
      WorkflowClient client, Catalog catalog, EventBus bus, Clock clock, Duration interval) {
    this.client = client;
    this.catalog = catalog;
    this.bus = bus;
    this.clock = clock;
    this.expireAt = clock.instant();
    this.rounds = new Rounds("duckmesh-reconciler", interval, this::reconcile);
  }

  @Override
  public void start() {
    rounds.start();
  }

  /** Ends the thread; runs that were started go on. */
  @Override
  public void close() {
    rounds.close();
  }

  /** One round; says once when something does not answer, and once when it does again. */
  private void reconcile() {
    List<Watermark> shards;
    try {
      shards = housekeeping();
      if (databaseDown) {
        log.info("Catalog and log answer again");
        databaseDown = false;
      }
    } catch (CatalogUnavailableException | BusUnavailableException e) {
      if (!databaseDown && !rounds.isClosing()) {
        log.warn("Catalog or log does not answer, trying again reason={}", e.getMessage());
        databaseDown = true;
      }
      return;
    } catch (RuntimeException e) {
      // The thread must live: a shard without a run would never land again.
      if (!rounds.isClosing()) {
        log.error("Housekeeping failed, trying again", e);
      }
      return;
    }
    try {
      startMissing(shards);
      if (temporalDown) {
        log.info("Temporal answers again");
        temporalDown = false;
      }
    } catch (StatusRuntimeException | WorkflowServiceException e) {
      if (!temporalDown && !rounds.isClosing()) {
        log.warn(
            "Temporal does not answer: events stay in the log until it does temporal={} reason={}",
            client.getWorkflowServiceStubs().getOptions().getTarget(),
            e.getMessage());
        temporalDown = true;
      }
    } catch (RuntimeException e) {
      if (!rounds.isClosing()) {
        log.error("Cannot start workflows, trying again", e);
      }
    }
  }

  private List<Watermark> housekeeping() {
    List<Watermark> shards = catalog.watermarks().list();
    for (Watermark shard : shards) {
      if (!starts.containsKey(shard.shard().value())) {
        bus.ensureShard(new ShardId(shard.shard().value()), shard.tenant().value());
        starts.put(shard.shard().value(), new Starts());
      }
    }
    int expired = bus.requeueExpired();
    if (expired > 0) {
      log.info("Expired leases ended count={}", expired);
    }
    long freed = bus.reclaim();
    if (freed > 0) {
      log.debug("Log space freed bytes={}", freed);
    }
    Instant now = clock.instant();
    if (!now.isBefore(expireAt)) {
      catalog.writes().expireKeys();
      expireAt = now.plus(EXPIRE_INTERVAL);
    }
    return shards;
  }

  private void startMissing(List<Watermark> shards) {
    Boolean attributes = searchAttributes;
    if (attributes == null) {
      attributes = SearchAttributeSetup.ensure(client);
      searchAttributes = attributes;
    }
    for (Watermark shard : shards) {
      Starts made = starts.computeIfAbsent(shard.shard().value(), name -> new Starts());
      if (made.pause()) {
        continue;
      }
      if (start(
          MaterializeInput.first(shard.shard().value(), shard.tenant().value(), attributes))) {
        made.started();
      } else {
        made.running();
      }
    }
  }

  /** False if it is running. */
  private boolean start(MaterializeInput input) {
    MaterializeWorkflow workflow =
        client.newWorkflowStub(MaterializeWorkflow.class, MaterializeStarts.options(input));
    try {
      String runId = WorkflowClient.start(workflow::materialize, input).getRunId();
      log.info("Workflow started shard={} run_id={}", input.shard(), runId);
      return true;
    } catch (WorkflowExecutionAlreadyStarted e) {
      return false;
    }
  }

  /** Slows down for a shard whose run ends as soon as it is started. */
  private static final class Starts {
    private int inARow;
    private int pause;

    boolean pause() {
      return pause-- > 0;
    }

    void started() {
      inARow++;
      pause = Math.min(inARow - 1, MAX_PAUSE - 1);
    }

    void running() {
      inARow = 0;
      pause = 0;
    }
  }
}
