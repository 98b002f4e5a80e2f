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
      outcome = run(tracked, request, response);
    } catch (RuntimeException | InterruptedException e) {
      outcome = tracked.outcomeOf(e);
      throw e;
    } finally {
      log.ended(tracked, outcome);
    }
  }

  /** Answers the query, and says how it ended. */
  private String run(TrackedQuery tracked, HttpServletRequest request, HttpServletResponse response)
      throws IOException, InterruptedException {
    AnswerFormat format = AnswerFormat.of(request.getHeader("Accept"));
    AnswerEncoding encoding = AnswerEncoding.of(request.getHeader("Accept-Encoding"));
    byte[] body = bodies.readJson(request);
    QueriesController.refuseOtherParameters(request);
    QueryRequest asked = QueryRequest.read(body, settings);
    tracked.asked(QueriesController.text(asked, querySettings));
    request.setAttribute(ProblemWriter.QUERY_ATTRIBUTE, tracked.id().toString());
    response.setHeader(QUERY_HEADER, tracked.id().toString());
    PreparedQuery prepared = tracked.prepare(queries, asked);
    response.setHeader(SNAPSHOT_HEADER, prepared.snapshot().id().toString());
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
    answer(tracked, prepared, format, encoding, request, response);
    return "ok";
  }

  private void answer(
      TrackedQuery tracked,
      PreparedQuery prepared,
      AnswerFormat format,
      AnswerEncoding encoding,
      HttpServletRequest request,
      HttpServletResponse response)
      throws IOException {
    try (DisconnectWatch.Watched client = watch.watch(request);
        HttpAnswer answer = new HttpAnswer(request, response, client, format, encoding);
        AnswerStream out = new AnswerStream(answer, AnswerStream.SLOW_CLIENT)) {
      client.onDisconnect(() -> tracked.stop(TrackedQuery.Stop.CLIENT_GONE));
      client.onLook(out::tick);
      ResultSummary summary;
      // The slot is for who computes, not for who waits until the client has read the rest.
      try (RunningQuery query = queries.start(prepared, tracked.cancellation())) {
        out.stopWhen(query::stopped);
        summary = AnswerWriter.write(query, format, out);
      }
      out.finish();
      answer.finish(summary);
      tracked.answered(summary.rowCount(), summary.byteCount(), summary.truncated());
    }
  }
}
