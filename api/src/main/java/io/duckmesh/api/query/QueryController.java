package io.duckmesh.api.query;

import io.duckmesh.api.ApiSettings;
import io.duckmesh.api.auth.Caller;
import io.duckmesh.api.auth.RequiresRole;
import io.duckmesh.api.ingest.RequestBodies;
import io.duckmesh.api.problem.ProblemWriter;
import io.duckmesh.catalog.Role;
import io.duckmesh.engine.query.ResultSummary;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/** {@code POST /v1/query}. */
@RestController
public final class QueryController {
  /** The snapshot that was read. */
  public static final String SNAPSHOT_HEADER = "X-DuckMesh-Snapshot";

  /** The query's id, which stands in logs. */
  public static final String QUERY_HEADER = ProblemWriter.QUERY_HEADER;

  /** Trailer: rows of the answer. */
  public static final String ROW_COUNT_TRAILER = "X-DuckMesh-Row-Count";

  /** Trailer: whether a limit cut the answer. */
  public static final String TRUNCATED_TRAILER = "X-DuckMesh-Truncated";

  /** Answers up to this size are sent whole, with their length, or not at all. */
  private static final int BUFFER_BYTES = 64 << 10;

  private final Queries queries;
  private final RequestBodies bodies;
  private final DisconnectWatch watch;
  private final RunningQueries running;
  private final QueryLog log;
  private final ApiSettings settings;
  private final QuerySettings querySettings;

  public QueryController(
      Queries queries,
      RequestBodies bodies,
      DisconnectWatch watch,
      RunningQueries running,
      QueryLog log,
      ApiSettings settings,
      QuerySettings querySettings) {
    this.queries = queries;
    this.bodies = bodies;
    this.watch = watch;
    this.running = running;
    this.log = log;
    this.settings = settings;
    this.querySettings = querySettings;
  }

  @PostMapping("/v1/query")
  @RequiresRole(Role.QUERY_READER)
  void query(Caller caller, HttpServletRequest request, HttpServletResponse response)
      throws IOException, InterruptedException {
    QueryPhases phases = QueryPhases.begin();
    TrackedQuery tracked = running.begin(QueriesController.id(request), caller, phases);
    String outcome = "client_gone";
    try (tracked) {
      run(tracked, request, response);
      outcome = "ok";
    } catch (RuntimeException | InterruptedException e) {
      outcome = tracked.outcomeOf(e);
      throw e;
    } finally {
      log.ended(tracked, outcome);
    }
  }

  private void run(TrackedQuery tracked, HttpServletRequest request, HttpServletResponse response)
      throws IOException, InterruptedException {
    AnswerFormat format = AnswerFormat.of(request.getHeader("Accept"));
    QueryRequest asked = QueryRequest.read(bodies.readJson(request), settings);
    tracked.asked(QueriesController.text(asked, querySettings));
    request.setAttribute(ProblemWriter.QUERY_ATTRIBUTE, tracked.id().toString());
    response.setHeader(QUERY_HEADER, tracked.id().toString());
    PreparedQuery prepared = tracked.prepare(queries, asked);
    response.setHeader(SNAPSHOT_HEADER, prepared.snapshot().id().toString());
    try (DisconnectWatch.Watched client = watch.watch(request)) {
      client.onDisconnect(() -> tracked.stop(TrackedQuery.Stop.CLIENT_GONE));
      try (RunningQuery query = queries.start(prepared, tracked.cancellation())) {
        ResultSummary summary = answer(query, format, client, request, response);
        tracked.answered(summary.rowCount(), summary.byteCount(), summary.truncated());
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
