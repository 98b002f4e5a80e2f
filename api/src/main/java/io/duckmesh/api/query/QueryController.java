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
import java.util.Locale;
import java.util.UUID;
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
      outcome = run(caller, request, response, phases);
    } catch (RuntimeException | InterruptedException e) {
      outcome = Problems.of(e).error().name().toLowerCase(Locale.ROOT);
      throw e;
    } finally {
      metrics.ended(outcome, phases.elapsedNanos());
    }
  }

  /** Answers the query, and says how it ended. */
  private String run(
      Caller caller, HttpServletRequest request, HttpServletResponse response, QueryPhases phases)
      throws IOException, InterruptedException {
    AnswerFormat format = AnswerFormat.of(request.getHeader("Accept"));
    AnswerEncoding encoding = AnswerEncoding.of(request.getHeader("Accept-Encoding"));
    QueryRequest asked = QueryRequest.read(bodies.readJson(request), settings);
    PreparedQuery prepared = queries.prepare(UUID.randomUUID().toString(), caller, asked, phases);
    response.setHeader(SNAPSHOT_HEADER, prepared.snapshot().id().toString());
    response.setHeader(QUERY_HEADER, prepared.queryId());
    response.setHeader("Vary", "Accept, Accept-Encoding");
    String tag = queries.tag(prepared, format);
    if (tag == null) {
      response.setHeader("Cache-Control", "no-store");
    } else {
      response.setHeader("Cache-Control", "private, no-cache");
      response.setHeader("ETag", tag);
      if (AnswerTag.matches(request.getHeader("If-None-Match"), tag)) {
        response.setStatus(HttpServletResponse.SC_NOT_MODIFIED);
        return "not_modified";
      }
    }
    answer(prepared, format, encoding, request, response);
    return "ok";
  }

  private void answer(
      PreparedQuery prepared,
      AnswerFormat format,
      AnswerEncoding encoding,
      HttpServletRequest request,
      HttpServletResponse response)
      throws IOException {
    QueryCancellation cancellation = new QueryCancellation();
    try (DisconnectWatch.Watched client = watch.watch(request);
        HttpAnswer answer = new HttpAnswer(request, response, client, format, encoding);
        AnswerStream out = new AnswerStream(answer, AnswerStream.SLOW_CLIENT)) {
      client.onDisconnect(cancellation::cancel);
      client.onLook(out::tick);
      ResultSummary summary;
      // The slot is for who computes, not for who waits until the client has read the rest.
      try (RunningQuery query = queries.start(prepared, cancellation)) {
        out.stopWhen(query::stopped);
        summary = AnswerWriter.write(query, format, out);
      }
      out.finish();
      answer.finish(summary);
      metrics.answered(summary.rowCount(), summary.byteCount());
    }
  }
}
