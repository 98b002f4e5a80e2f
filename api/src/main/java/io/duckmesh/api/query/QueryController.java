package io.duckmesh.api.query;

import static java.util.Objects.requireNonNull;

import io.duckmesh.api.ApiSettings;
import io.duckmesh.api.auth.Caller;
import io.duckmesh.api.auth.RequiresRole;
import io.duckmesh.api.ingest.RequestBodies;
import io.duckmesh.api.json.ApiJson;
import io.duckmesh.api.json.Durations;
import io.duckmesh.api.problem.ApiError;
import io.duckmesh.api.problem.ProblemException;
import io.duckmesh.api.problem.Problems;
import io.duckmesh.api.receipt.Barrier;
import io.duckmesh.api.receipt.Positions;
import io.duckmesh.api.receipt.ReceiptState;
import io.duckmesh.api.receipt.VisibilityTokens;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.Role;
import io.duckmesh.catalog.ShardId;
import io.duckmesh.catalog.Snapshot;
import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.engine.query.CheckedQuery;
import io.duckmesh.engine.query.QueryCancellation;
import io.duckmesh.engine.query.QueryEngine;
import io.duckmesh.engine.query.QueryExecution;
import io.duckmesh.engine.query.ResultSummary;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/** {@code POST /v1/query}. */
@RestController
public final class QueryController {
  /** The snapshot that was read. */
  public static final String SNAPSHOT_HEADER = "X-DuckMesh-Snapshot";

  /** The query's id, which stands in logs. */
  public static final String QUERY_HEADER = "X-DuckMesh-Query";

  /** Trailer: rows of the answer. */
  public static final String ROW_COUNT_TRAILER = "X-DuckMesh-Row-Count";

  /** Trailer: whether a limit cut the answer. */
  public static final String TRUNCATED_TRAILER = "X-DuckMesh-Truncated";

  /** Answers up to this size are sent whole, with their length, or not at all. */
  private static final int BUFFER_BYTES = 64 << 10;

  private final Catalog catalog;
  private final QueryEngine engine;
  private final TableBinder binder;
  private final Barrier barrier;
  private final VisibilityTokens tokens;
  private final RequestBodies bodies;
  private final DisconnectWatch watch;
  private final QueryMetrics metrics;
  private final ApiSettings settings;

  public QueryController(
      Catalog catalog,
      QueryEngine engine,
      TableBinder binder,
      Barrier barrier,
      VisibilityTokens tokens,
      RequestBodies bodies,
      DisconnectWatch watch,
      QueryMetrics metrics,
      ApiSettings settings) {
    this.catalog = catalog;
    this.engine = engine;
    this.binder = binder;
    this.barrier = barrier;
    this.tokens = tokens;
    this.bodies = bodies;
    this.watch = watch;
    this.metrics = metrics;
    this.settings = settings;
  }

  @PostMapping("/v1/query")
  @RequiresRole(Role.QUERY_READER)
  void query(Caller caller, HttpServletRequest request, HttpServletResponse response)
      throws IOException, InterruptedException {
    long start = System.nanoTime();
    String outcome = "client_gone";
    try {
      run(caller, request, response, start);
      outcome = "ok";
    } catch (RuntimeException | InterruptedException e) {
      outcome = Problems.of(e).error().name().toLowerCase(Locale.ROOT);
      throw e;
    } finally {
      metrics.ended(outcome, System.nanoTime() - start);
    }
  }

  private void run(
      Caller caller, HttpServletRequest request, HttpServletResponse response, long start)
      throws IOException, InterruptedException {
    AnswerFormat format = AnswerFormat.of(request.getHeader("Accept"));
    QueryRequest asked = QueryRequest.read(bodies.readJson(request), settings);
    Positions needed = positions(caller, asked.tokens());
    CheckedQuery checked = engine.check(asked.sql());
    long waitStart = System.nanoTime();
    passBarrier(needed, asked);
    long waited = System.nanoTime() - waitStart;
    TableBinder.Bound bound = bind(caller, asked, checked, needed);
    String queryId = UUID.randomUUID().toString();
    response.setHeader(SNAPSHOT_HEADER, bound.snapshot().id().toString());
    response.setHeader(QUERY_HEADER, queryId);
    try (DisconnectWatch.Watched client = watch.watch(request)) {
      QueryCancellation cancellation = new QueryCancellation();
      client.onDisconnect(cancellation::cancel);
      try (QueryExecution execution =
          engine.start(
              queryId,
              caller.tenant().value(),
              checked.listsTables()
                  ? checked.listing(binder.list(caller.tenant(), bound.snapshot()))
                  : checked,
              bound.tables(),
              asked.parameters(),
              asked.limits(),
              cancellation)) {
        response.setStatus(200);
        response.setContentType(format.contentType());
        response.setBufferSize(BUFFER_BYTES);
        OutputStream out = client.guard(response.getOutputStream());
        ResultSummary summary =
            format == AnswerFormat.JSON
                ? writeJson(execution, out, queryId, bound.snapshot(), start, waited)
                : writePlain(execution, out, format, request, response);
        metrics.answered(summary.rowCount(), summary.byteCount());
      }
    }
  }

  private ResultSummary writeJson(
      QueryExecution execution,
      OutputStream out,
      String queryId,
      Snapshot snapshot,
      long start,
      long waited)
      throws IOException {
    Map<String, Object> head = new LinkedHashMap<>();
    head.put("query_id", queryId);
    head.put("snapshot_id", snapshot.id().value());
    head.put("columns", execution.columns());
    byte[] open = ApiJson.MAPPER.writeValueAsBytes(head);
    out.write(open, 0, open.length - 1);
    out.write(",\"rows\":".getBytes(StandardCharsets.UTF_8));
    ResultSummary summary = execution.write(AnswerFormat.JSON.format(), out);
    Map<String, Object> stats = new LinkedHashMap<>();
    stats.put("elapsed_ms", millis(System.nanoTime() - start));
    stats.put("waited_ms", millis(waited));
    Map<String, Object> tail = new LinkedHashMap<>();
    tail.put("row_count", summary.rowCount());
    tail.put("truncated", summary.truncated());
    tail.put("stats", stats);
    byte[] close = ApiJson.MAPPER.writeValueAsBytes(tail);
    close[0] = ',';
    out.write(close);
    return summary;
  }

  private static ResultSummary writePlain(
      QueryExecution execution,
      OutputStream out,
      AnswerFormat format,
      HttpServletRequest request,
      HttpServletResponse response)
      throws IOException {
    AtomicReference<Map<String, String>> trailers = new AtomicReference<>(Map.of());
    boolean http11 = !"HTTP/1.0".equals(request.getProtocol());
    if (http11) {
      response.setHeader("Trailer", ROW_COUNT_TRAILER + ", " + TRUNCATED_TRAILER);
      response.setTrailerFields(trailers::get);
    }
    ResultSummary summary = execution.write(format.format(), out);
    trailers.set(
        Map.of(
            ROW_COUNT_TRAILER,
            Long.toString(summary.rowCount()),
            TRUNCATED_TRAILER,
            Boolean.toString(summary.truncated())));
    return summary;
  }

  private Positions positions(Caller caller, List<String> texts) {
    List<Positions> all = new ArrayList<>(texts.size());
    for (String token : texts) {
      all.add(tokens.decode(caller.tenant(), token));
    }
    return Positions.covering(all);
  }

  private void passBarrier(Positions needed, QueryRequest asked) throws InterruptedException {
    if (needed.isEmpty() || barrier.await(needed, asked.maxWait())) {
      return;
    }
    Map<String, Object> shards = new TreeMap<>();
    for (Map.Entry<ShardId, Long> entry : needed.byShard().entrySet()) {
      Map<String, Object> shard = new LinkedHashMap<>();
      shard.put("needed", entry.getValue());
      shard.put("current", catalog.watermarks().load(entry.getKey()).position());
      shards.put(entry.getKey().value(), shard);
    }
    throw new ProblemException(
        ApiError.CONSISTENCY_TIMEOUT,
        "The write of the token is durable and was not visible within %s; ask again, or wait longer"
            .formatted(Durations.format(asked.maxWait())),
        Map.of("shards", shards));
  }

  private TableBinder.Bound bind(
      Caller caller, QueryRequest asked, CheckedQuery checked, Positions needed) {
    SnapshotId id = asked.snapshotId();
    Instant asOf = asked.asOf();
    if (id == null && asOf == null) {
      return binder.bindNewest(caller.tenant(), checked.tables());
    }
    Snapshot snapshot =
        id != null
            ? binder.load(caller.tenant(), id)
            : binder.asOf(caller.tenant(), requireNonNull(asOf));
    if (!needed.isEmpty()) {
      checkNotOlder(snapshot, barrier.state(needed));
    }
    return binder.bind(caller.tenant(), snapshot, checked.tables());
  }

  private static void checkNotOlder(Snapshot snapshot, ReceiptState state) {
    Snapshot needed = state.snapshot();
    if (needed != null && snapshot.id().compareTo(needed.id()) < 0) {
      throw new ProblemException(
          ApiError.INVALID_REQUEST,
          "Snapshot %s is older than the write of the token, which snapshot %s has first"
              .formatted(snapshot.id(), needed.id()),
          Map.of("snapshot_id", snapshot.id().value(), "needed_snapshot_id", needed.id().value()));
    }
  }

  private static double millis(long nanos) {
    return Math.round(nanos / 10_000.0) / 100.0;
  }
}
