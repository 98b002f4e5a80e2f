package io.duckmesh.api.ingest;

import io.duckmesh.api.ApiSettings;
import io.duckmesh.api.auth.Caller;
import io.duckmesh.api.auth.RequiresRole;
import io.duckmesh.api.json.ApiJson;
import io.duckmesh.api.problem.ApiError;
import io.duckmesh.api.problem.ProblemException;
import io.duckmesh.api.receipt.Barrier;
import io.duckmesh.api.receipt.Positions;
import io.duckmesh.api.receipt.Receipt;
import io.duckmesh.api.receipt.ReceiptState;
import io.duckmesh.api.receipt.Receipts;
import io.duckmesh.api.receipt.VisibilityTokens;
import io.duckmesh.api.tables.LiveTable;
import io.duckmesh.api.tables.LiveTables;
import io.duckmesh.bus.BusUnavailableException;
import io.duckmesh.bus.EventBus;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.CatalogUnavailableException;
import io.duckmesh.catalog.Role;
import io.duckmesh.engine.rows.InvalidRowsException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.apache.arrow.memory.BufferAllocator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/** {@code POST /v1/tables/{table}/events} and {@code GET /v1/receipts/{receipt_id}}. */
@RestController
public final class IngestController {
  private static final Logger LOG = LoggerFactory.getLogger(IngestController.class);

  private final LiveTables tables;
  private final RequestBodies bodies;
  private final Ingest ingest;
  private final Receipts receipts;
  private final VisibilityTokens tokens;
  private final Barrier barrier;
  private final IngestMetrics metrics;
  private final ApiSettings settings;

  public IngestController(
      Catalog catalog,
      EventBus bus,
      LiveTables tables,
      RequestBodies bodies,
      Receipts receipts,
      VisibilityTokens tokens,
      Barrier barrier,
      BufferAllocator allocator,
      IngestMetrics metrics,
      ApiSettings settings,
      Clock clock) {
    this.tables = tables;
    this.bodies = bodies;
    this.receipts = receipts;
    this.tokens = tokens;
    this.barrier = barrier;
    this.metrics = metrics;
    this.settings = settings;
    this.ingest =
        new Ingest(
            catalog, bus, receipts, allocator, clock, settings.maxRows(), settings.maxBodyBytes());
  }

  /**
   * A receipt as it stands.
   *
   * @param landed the parts that have landed, one per shard
   */
  record ReceiptAnswer(
      String receiptId,
      String token,
      String tableId,
      String state,
      Instant acceptedAt,
      long accepted,
      long visible,
      long duplicates,
      long quarantined,
      List<String> reasons,
      @Nullable Long snapshotId,
      @Nullable Instant visibleAt,
      List<LandedAnswer> landed) {}

  record LandedAnswer(String shard, long position, long snapshotId, Instant committedAt) {}

  @PostMapping("/v1/tables/{table}/events")
  @RequiresRole(Role.INGEST_WRITER)
  void ingest(
      Caller caller,
      @PathVariable("table") String tableName,
      HttpServletRequest request,
      HttpServletResponse response)
      throws IOException {
    long start = System.nanoTime();
    IngestRequest asked = IngestRequest.of(request, settings);
    LiveTable table = tables.load(caller.tenant(), tableName);
    Ingest.Taken taken;
    int bodyBytes;
    try (RequestBodies.Body body = bodies.read(request)) {
      bodyBytes = body.bytes().length;
      if (bodyBytes == 0) {
        throw new ProblemException(ApiError.INVALID_REQUEST, "The body is empty");
      }
      try {
        taken = ingest.take(table, body.bytes(), asked);
      } catch (InvalidRowsException e) {
        // Another gateway may have changed the table since this one looked.
        LiveTable now = tables.reload(caller.tenant(), tableName);
        if (now.takesTheSameRowsAs(table)) {
          throw e;
        }
        table = now;
        taken = ingest.take(now, body.bytes(), asked);
      }
    }
    if (!taken.replayed()) {
      metrics.accepted(
          table.info(), taken.receipt().rowCount(), bodyBytes, System.nanoTime() - start);
    }
    Receipt receipt = taken.receipt();
    Positions positions = receipt.covering();
    ReceiptState state = null;
    Duration wait = asked.maxWait();
    if (wait != null || taken.replayed()) {
      state = stateAfter(receipt, wait == null ? Duration.ZERO : wait);
    }
    if (taken.replayed()) {
      response.setHeader("Idempotent-Replayed", "true");
    }
    boolean landed = state != null && state.state() != ReceiptState.State.ACCEPTED;
    ApiJson.write(
        response,
        landed ? 200 : 202,
        new IngestAnswer(
            taken.receiptId(),
            tokens.encode(caller.tenant(), positions),
            state == null ? "accepted" : word(state),
            receipt.rowCount(),
            state == null ? 0 : state.duplicates(),
            state != null && landed ? state.quarantined() : receipt.misfitCount(),
            state != null && landed ? state.reasons() : taken.errors(),
            snapshotId(state)));
  }

  /**
   * Waits and looks. The events are durable by now, so whatever fails here only means that nothing
   * more is known of them.
   */
  private @Nullable ReceiptState stateAfter(Receipt receipt, Duration wait) {
    long start = System.nanoTime();
    try {
      if (!wait.isZero()) {
        boolean landed = barrier.await(receipt.covering(), wait);
        metrics.waited(System.nanoTime() - start, landed);
        if (!landed) {
          return null;
        }
      }
      return barrier.state(receipt);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return null;
    } catch (CatalogUnavailableException | BusUnavailableException e) {
      LOG.warn("Cannot wait for accepted events cause=\"{}\"", e.toString());
      return null;
    }
  }

  @GetMapping("/v1/receipts/{receipt_id}")
  @RequiresRole(Role.INGEST_WRITER)
  void receipt(
      Caller caller,
      @PathVariable("receipt_id") String receiptId,
      HttpServletRequest request,
      HttpServletResponse response)
      throws IOException, InterruptedException {
    Receipt receipt = receipts.decode(caller.tenant(), receiptId);
    Duration wait = waitOf(request);
    if (wait != null) {
      long start = System.nanoTime();
      boolean landed = barrier.await(receipt.covering(), wait);
      metrics.waited(System.nanoTime() - start, landed);
    }
    ReceiptState state = barrier.state(receipt);
    boolean landed = state.state() != ReceiptState.State.ACCEPTED;
    ApiJson.write(
        response,
        200,
        new ReceiptAnswer(
            receiptId,
            tokens.encode(caller.tenant(), receipt.covering()),
            receipt.table().toString(),
            word(state),
            receipt.acceptedAt(),
            receipt.rowCount(),
            landed ? receipt.rowCount() - state.duplicates() - state.quarantined() : 0,
            state.duplicates(),
            landed ? state.quarantined() : Math.max(state.quarantined(), receipt.misfitCount()),
            state.reasons(),
            snapshotId(state),
            state.snapshot() == null ? null : state.snapshot().committedAt(),
            state.landed().stream()
                .map(
                    part ->
                        new LandedAnswer(
                            part.shard(),
                            part.position(),
                            part.snapshot().id().value(),
                            part.snapshot().committedAt()))
                .toList()));
  }

  private @Nullable Duration waitOf(HttpServletRequest request) {
    String wait = request.getParameter("wait");
    String timeout = request.getParameter("timeout");
    if (wait == null) {
      if (timeout != null) {
        throw new ProblemException(
            ApiError.INVALID_REQUEST, "Parameter timeout goes with wait=visible");
      }
      return null;
    }
    if (!wait.equals("visible")) {
      throw IngestRequest.invalid("wait", wait, "visible");
    }
    return timeout == null
        ? settings.defaultWait()
        : IngestRequest.timeout(timeout, settings.maxWait());
  }

  private static String word(ReceiptState state) {
    return state.state().name().toLowerCase(Locale.ROOT);
  }

  private static @Nullable Long snapshotId(@Nullable ReceiptState state) {
    return state == null || state.snapshot() == null ? null : state.snapshot().id().value();
  }
}
