package io.duckmesh.api.query;

import io.duckmesh.api.ApiSettings;
import io.duckmesh.api.auth.Caller;
import io.duckmesh.api.auth.RequiresRole;
import io.duckmesh.api.ingest.RequestBodies;
import io.duckmesh.api.problem.Problems;
import io.duckmesh.catalog.Role;
import io.duckmesh.engine.query.QueryCancellation;
import io.duckmesh.engine.query.ResultSummary;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Locale;
import java.util.Map;
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

  private final Queries queries;
  private final RequestBodies bodies;
  private final DisconnectWatch watch;
  private final QueryMetrics metrics;
  private final ApiSettings settings;

  public QueryController(
      Queries queries,
      RequestBodies bodies,
      DisconnectWatch watch,
      QueryMetrics metrics,
      ApiSettings settings) {
    this.queries = queries;
    this.bodies = bodies;
    this.watch = watch;
    this.metrics = metrics;
    this.settings = settings;
  }

  @PostMapping("/v1/query")
  @RequiresRole(Role.QUERY_READER)
  void query(Caller caller, HttpServletRequest request, HttpServletResponse response)
      throws IOException, InterruptedException {
    QueryPhases phases = QueryPhases.begin();
    String outcome = "client_gone";
    try {
      run(caller, request, response, phases);
      outcome = "ok";
    } catch (RuntimeException | InterruptedException e) {
      outcome = Problems.of(e).error().name().toLowerCase(Locale.ROOT);
      throw e;
    } finally {
      metrics.ended(outcome, phases.elapsedNanos());
    }
  }

  private void run(
      Caller caller,
      HttpServletRequest request,
      HttpServletResponse response,
      QueryPhases phases)
      throws IOException, InterruptedException {
    AnswerFormat format = AnswerFormat.of(request.getHeader("Accept"));
    QueryRequest asked = QueryRequest.read(bodies.readJson(request), settings);
    PreparedQuery prepared =
        queries.prepare(UUID.randomUUID().toString(), caller, asked, phases);
    response.setHeader(SNAPSHOT_HEADER, prepared.snapshot().id().toString());
    response.setHeader(QUERY_HEADER, prepared.queryId());
    QueryCancellation cancellation = new QueryCancellation();
    try (DisconnectWatch.Watched client = watch.watch(request)) {
      client.onDisconnect(cancellation::cancel);
      try (RunningQuery query = queries.start(prepared, cancellation)) {
        ResultSummary summary = answer(query, format, client, request, response);
        metrics.answered(summary.rowCount(), summary.byteCount());
      }
    }
  }

  private static ResultSummary answer(
      RunningQuery query,
      AnswerFormat format,
      DisconnectWatch.Watched client,
      HttpServletRequest request,
      HttpServletResponse response)
      throws IOException {
    response.setStatus(200);
    response.setContentType(format.contentType());
    response.setBufferSize(BUFFER_BYTES);
    AtomicReference<Map<String, String>> trailers = new AtomicReference<>(Map.of());
    boolean http11 = !"HTTP/1.0".equals(request.getProtocol());
    if (format != AnswerFormat.JSON && http11) {
      response.setHeader("Trailer", ROW_COUNT_TRAILER + ", " + TRUNCATED_TRAILER);
      response.setTrailerFields(trailers::get);
    }
    OutputStream out = client.guard(response.getOutputStream());
    ResultSummary summary = AnswerWriter.write(query, format, out);
    trailers.set(
        Map.of(
            ROW_COUNT_TRAILER,
            Long.toString(summary.rowCount()),
            TRUNCATED_TRAILER,
            Boolean.toString(summary.truncated())));
    return summary;
  }
}
