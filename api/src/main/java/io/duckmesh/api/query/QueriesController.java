package io.duckmesh.api.query;

import static java.util.Objects.requireNonNull;

import io.duckmesh.api.ApiSettings;
import io.duckmesh.api.auth.Caller;
import io.duckmesh.api.auth.RequiresRole;
import io.duckmesh.api.ingest.RequestBodies;
import io.duckmesh.api.json.ApiJson;
import io.duckmesh.api.json.Durations;
import io.duckmesh.api.json.Times;
import io.duckmesh.api.problem.ApiError;
import io.duckmesh.api.problem.ProblemException;
import io.duckmesh.api.problem.ProblemWriter;
import io.duckmesh.catalog.AsyncQuery;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.KeyHash;
import io.duckmesh.catalog.QueryCursor;
import io.duckmesh.catalog.QueryDraft;
import io.duckmesh.catalog.QueryFilter;
import io.duckmesh.catalog.QueryId;
import io.duckmesh.catalog.QueryIdTakenException;
import io.duckmesh.catalog.QueryQueueFullException;
import io.duckmesh.catalog.QueryRecord;
import io.duckmesh.catalog.QueryState;
import io.duckmesh.catalog.QueryText;
import io.duckmesh.catalog.Role;
import io.duckmesh.engine.objects.ObjectKey;
import io.duckmesh.engine.objects.ObjectNotFoundException;
import io.duckmesh.engine.objects.ObjectStore;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code /v1/queries}: asynchronous queries, their results, and what there is to know of all
 * queries. A key sees its own; one with the role {@code ops_admin} those of the whole tenant.
 */
@RestController
public final class QueriesController {
  private static final int DEFAULT_LIMIT = 50;
  private static final int MAX_LIMIT = 1_000;

  /** How long another gateway may take to say that it runs a query. */
  private static final Duration ANSWER = Duration.ofMillis(500);

  private static final Pattern WORD = Pattern.compile("[A-Za-z0-9_-]{1,64}");

  private static final Duration QUEUE_FULL = Duration.ofSeconds(5);

  private static final Comparator<QueryRecord> LAST_FIRST =
      Comparator.comparing(QueryRecord::submittedAt)
          .thenComparing((QueryRecord query) -> query.id().toString())
          .reversed();

  private final Catalog catalog;
  private final Queries queries;
  private final ObjectStore store;
  private final RunningQueries running;
  private final RequestBodies bodies;
  private final ApiSettings settings;
  private final ApiSettings requestSettings;
  private final QuerySettings querySettings;
  private final Clock clock;

  public QueriesController(
      Catalog catalog,
      Queries queries,
      ObjectStore store,
      RunningQueries running,
      RequestBodies bodies,
      ApiSettings settings,
      QuerySettings querySettings,
      Clock clock) {
    this.catalog = catalog;
    this.queries = queries;
    this.store = store;
    this.running = running;
    this.bodies = bodies;
    this.settings = settings;
    this.requestSettings = AsyncQueryRunner.requestSettings(settings, querySettings);
    this.querySettings = querySettings;
    this.clock = clock;
  }

  record QueryPage(List<QueryAnswer> queries, @Nullable String before) {}

  record CancelAnswer(String queryId, String state, boolean cancelRequested) {}

  @PostMapping("/v1/queries")
  @RequiresRole(Role.QUERY_READER)
  void submit(Caller caller, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    byte[] body = bodies.readJson(request);
    refuseOtherParameters(request);
    AnswerFormat format = AnswerFormat.JSON;
    byte[] plain = body;
    if (parse(body) instanceof ObjectNode object && object.has("format")) {
      format = format(object.remove("format"));
      plain = bytes(object);
    }
    QueryRequest asked = QueryRequest.read(plain, requestSettings);
    queries.check(asked.sql());
    QueryId id = id(request);
    AsyncQuery submitted;
    try {
      submitted =
          catalog
              .asyncQueries()
              .submit(
                  new QueryDraft(
                      id,
                      caller.tenant(),
                      caller.keyId(),
                      text(asked, querySettings),
                      format.name().toLowerCase(Locale.ROOT),
                      new String(plain, StandardCharsets.UTF_8),
                      hash(caller.keyId(), format, plain)),
                  querySettings.queuedPerTenant());
    } catch (QueryIdTakenException e) {
      throw new ProblemException(
          ApiError.IDEMPOTENCY_CONFLICT,
          "Query id %s belongs to another query".formatted(id),
          Map.of("query_id", id.toString()));
    } catch (QueryQueueFullException e) {
      throw new ProblemException(
          ApiError.RATE_LIMITED,
          "%d asynchronous queries of the tenant are waiting, which is the limit"
              .formatted(e.queued()),
          Map.of("queued", e.queued()),
          QUEUE_FULL,
          e);
    }
    response.setHeader("Location", "/v1/queries/" + id);
    response.setHeader(QueryController.QUERY_HEADER, id.toString());
    ApiJson.write(response, 202, answer(submitted));
  }

  private static byte[] bytes(ObjectNode object) {
    try {
      return ApiJson.MAPPER.writeValueAsBytes(object);
    } catch (JacksonException e) {
      throw new ProblemException(
          ApiError.INVALID_REQUEST,
          "The body has a text that is not Unicode: " + e.getOriginalMessage());
    }
  }

  /** The id that the client has given the query, or a new one. */
  static QueryId id(HttpServletRequest request) {
    String text = request.getHeader(QueryController.QUERY_HEADER);
    if (text == null) {
      return new QueryId(UUID.randomUUID());
    }
    return parseId(text)
        .orElseThrow(
            () ->
                new ProblemException(
                    ApiError.INVALID_REQUEST,
                    "Header %s is not a UUID: %s".formatted(QueryController.QUERY_HEADER, text)));
  }

  /** What is kept of the statement. */
  static QueryText text(QueryRequest asked, QuerySettings settings) {
    return QueryText.of(asked.sql(), asked.parameterCount(), settings.historySqlLength());
  }

  /** The body if it is JSON; what is wrong with it is said by who reads it in earnest. */
  private static @Nullable JsonNode parse(byte[] body) {
    try {
      return ApiJson.read(body);
    } catch (JacksonException e) {
      return null;
    }
  }

  private static AnswerFormat format(JsonNode node) {
    for (AnswerFormat format : AnswerFormat.values()) {
      if (node.isString() && node.asString().equals(format.name().toLowerCase(Locale.ROOT))) {
        return format;
      }
    }
    String problem = "is %s, possible are %s".formatted(node, AnswerFormat.names());
    throw new ProblemException(
        ApiError.INVALID_REQUEST,
        "format " + problem,
        Map.of("problems", List.of(Map.of("field", "format", "problem", problem))));
  }

  private static KeyHash hash(String keyId, AnswerFormat format, byte[] body) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update((keyId + " " + format + " ").getBytes(StandardCharsets.UTF_8));
      ByteBuffer hash = ByteBuffer.wrap(digest.digest(body));
      return new KeyHash(hash.getLong(), hash.getLong());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every JDK has SHA-256", e);
    }
  }

  @GetMapping("/v1/queries/{query_id}")
  @RequiresRole({Role.QUERY_READER, Role.OPS_ADMIN})
  void describe(
      Caller caller,
      @PathVariable("query_id") String queryId,
      HttpServletRequest request,
      HttpServletResponse response)
      throws IOException, InterruptedException {
    refuseOtherParameters(request, "wait", "timeout");
    QueryId id = parseId(queryId).orElseThrow(() -> notFound(queryId));
    Duration wait = waitOf(request);
    Optional<TrackedQuery> here = findSync(caller, id);
    if (here.isPresent()) {
      ApiJson.write(response, 200, QueryAnswer.of(here.get()));
      return;
    }
    Optional<AsyncQuery> async = findAsync(caller, id, wait);
    if (async.isPresent()) {
      ApiJson.write(response, 200, answer(async.get()));
      return;
    }
    QueryRecord ended = findEnded(caller, id).orElseThrow(() -> notFound(queryId));
    ApiJson.write(response, 200, QueryAnswer.of(ended));
  }

  private Optional<TrackedQuery> findSync(Caller caller, QueryId id) {
    return running
        .find(caller.tenant(), id)
        .filter(
            query ->
                query.mode() == QueryRecord.Mode.SYNC && mayManage(caller, query.caller().keyId()));
  }

  private Optional<AsyncQuery> findAsync(Caller caller, QueryId id, Duration wait)
      throws InterruptedException {
    Optional<AsyncQuery> found = catalog.asyncQueries().find(caller.tenant(), id);
    if (found.isPresent()
        && mayManage(caller, found.get().record().keyId())
        && !wait.isZero()
        && !found.get().state().isFinished()) {
      found = catalog.asyncQueries().await(caller.tenant(), id, wait);
    }
    return found.filter(query -> mayManage(caller, query.record().keyId()));
  }

  private Optional<QueryRecord> findEnded(Caller caller, QueryId id) {
    return catalog
        .queryHistory()
        .find(caller.tenant(), id)
        .filter(query -> mayManage(caller, query.keyId()));
  }

  private static boolean mayManage(Caller caller, String keyId) {
    return caller.keyId().equals(keyId) || caller.roles().contains(Role.OPS_ADMIN);
  }

  private static ProblemException notFound(String queryId) {
    return new ProblemException(
        ApiError.QUERY_NOT_FOUND, "There is no query %s of this key".formatted(queryId));
  }

  private QueryAnswer answer(AsyncQuery query) {
    String error = query.error();
    return QueryAnswer.of(
        query,
        error == null
            ? null
            : ProblemWriter.body(
                StoredProblem.read(error), "/v1/queries/" + query.id(), query.id().toString()));
  }

  private Duration waitOf(HttpServletRequest request) {
    String wait = request.getParameter("wait");
    String timeout = request.getParameter("timeout");
    if (wait == null) {
      if (timeout != null) {
        throw new ProblemException(
            ApiError.INVALID_REQUEST, "Parameter timeout goes with wait=finished");
      }
      return Duration.ZERO;
    }
    if (!wait.equals("finished")) {
      throw new ProblemException(
          ApiError.INVALID_REQUEST, "Parameter wait is %s, possible is finished".formatted(wait));
    }
    Duration asked = timeout == null ? settings.defaultWait() : duration("timeout", timeout);
    if (asked.compareTo(settings.maxWait()) > 0) {
      throw new ProblemException(
          ApiError.INVALID_REQUEST,
          "Parameter timeout is %s, at most %s"
              .formatted(timeout, Durations.format(settings.maxWait())));
    }
    return asked;
  }

  private static Duration duration(String name, String text) {
    try {
      return Durations.parse(text);
    } catch (IllegalArgumentException e) {
      throw new ProblemException(
          ApiError.INVALID_REQUEST, "Parameter %s: %s".formatted(name, e.getMessage()));
    }
  }

  private static Optional<QueryId> parseId(String text) {
    try {
      UUID uuid = UUID.fromString(text);
      return uuid.toString().equalsIgnoreCase(text)
          ? Optional.of(new QueryId(uuid))
          : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  @DeleteMapping("/v1/queries/{query_id}")
  @RequiresRole({Role.QUERY_READER, Role.OPS_ADMIN})
  void cancel(
      Caller caller,
      @PathVariable("query_id") String queryId,
      HttpServletRequest request,
      HttpServletResponse response)
      throws IOException, InterruptedException {
    refuseOtherParameters(request);
    QueryId id = parseId(queryId).orElseThrow(() -> notFound(queryId));
    String keyId = caller.roles().contains(Role.OPS_ADMIN) ? null : caller.keyId();
    if (findSync(caller, id).isPresent() && running.cancel(caller.tenant(), id, keyId)) {
      cancelling(response, id);
      return;
    }
    if (findAsync(caller, id, Duration.ZERO).isPresent()) {
      StoredProblem problem =
          new StoredProblem(
              ApiError.QUERY_CANCELLED, "Query %s was cancelled".formatted(id), Map.of());
      AsyncQuery query =
          catalog
              .asyncQueries()
              .cancel(caller.tenant(), id, "query_cancelled", problem.toJson())
              .orElseThrow(() -> notFound(queryId));
      ApiJson.write(
          response,
          query.state().isFinished() ? 200 : 202,
          new CancelAnswer(
              queryId, query.state().name().toLowerCase(Locale.ROOT), query.cancelRequested()));
      return;
    }
    Optional<QueryRecord> ended = findEnded(caller, id);
    if (ended.isPresent()) {
      ApiJson.write(
          response,
          200,
          new CancelAnswer(queryId, ended.get().state().name().toLowerCase(Locale.ROOT), false));
      return;
    }
    if (!catalog.asyncQueries().signalCancel(caller.tenant(), id, keyId, ANSWER)) {
      throw notFound(queryId);
    }
    cancelling(response, id);
  }

  private static void cancelling(HttpServletResponse response, QueryId id) throws IOException {
    ApiJson.write(response, 202, new CancelAnswer(id.toString(), "running", true));
  }

  @GetMapping("/v1/queries/{query_id}/result")
  @RequiresRole(Role.QUERY_READER)
  void result(
      Caller caller,
      @PathVariable("query_id") String queryId,
      HttpServletRequest request,
      HttpServletResponse response)
      throws IOException, InterruptedException {
    refuseOtherParameters(request, "wait", "timeout");
    QueryId id = parseId(queryId).orElseThrow(() -> notFound(queryId));
    AsyncQuery query = findAsync(caller, id, waitOf(request)).orElseThrow(() -> notFound(queryId));
    switch (query.state()) {
      case QUEUED, RUNNING ->
          throw new ProblemException(
              ApiError.RESULT_NOT_READY,
              "Query %s is %s".formatted(queryId, query.state().name().toLowerCase(Locale.ROOT)),
              Map.of("state", query.state().name().toLowerCase(Locale.ROOT)));
      case FAILED, CANCELLED -> throw noResult(query);
      case EXPIRED -> throw expired(id);
      case SUCCEEDED -> send(query, request, response);
    }
  }

  /**
   * The problem that ended it. One that may pass does not pass for this query, so that it is told
   * as one that stays.
   */
  private static ProblemException noResult(AsyncQuery query) {
    ProblemException problem = StoredProblem.read(requireNonNull(query.error()));
    if (!problem.error().retryable()) {
      return problem;
    }
    Map<String, Object> context = new LinkedHashMap<>(problem.context());
    context.put("error_code", problem.error().name());
    return new ProblemException(
        ApiError.NO_RESULT,
        "Query %s ended without a result and will have none; submit it again, under another id: %s"
            .formatted(query.id(), problem.detail()),
        context);
  }

  private static ProblemException expired(QueryId id) {
    return new ProblemException(
        ApiError.RESULT_EXPIRED,
        "The result of query %s is no longer kept; run it again at its snapshot for the same rows"
            .formatted(id));
  }

  private void send(AsyncQuery query, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    QueryRecord record = query.record();
    String tag = "\"" + query.id() + "\"";
    response.setHeader(QueryController.QUERY_HEADER, query.id().toString());
    response.setHeader("ETag", tag);
    response.setHeader("Cache-Control", "private, no-cache");
    if (AnswerTag.matches(request.getHeader("If-None-Match"), tag)) {
      response.setStatus(HttpServletResponse.SC_NOT_MODIFIED);
      return;
    }
    ObjectKey key = new ObjectKey(requireNonNull(query.resultKey()));
    try (InputStream bytes = store.open(key)) {
      response.setStatus(200);
      response.setContentType(AnswerFormat.named(query.format()).contentType());
      response.setContentLengthLong(record.stats().byteCount());
      if (record.snapshot() != null) {
        response.setHeader(QueryController.SNAPSHOT_HEADER, record.snapshot().toString());
      }
      response.setHeader(
          QueryController.ROW_COUNT_TRAILER, Long.toString(record.stats().rowCount()));
      response.setHeader(
          QueryController.TRUNCATED_TRAILER, Boolean.toString(record.stats().truncated()));
      bytes.transferTo(response.getOutputStream());
    } catch (ObjectNotFoundException e) {
      throw expired(query.id());
    }
  }

  @GetMapping("/v1/queries")
  @RequiresRole({Role.QUERY_READER, Role.OPS_ADMIN})
  void list(
      Caller caller,
      @RequestParam(name = "state", required = false) @Nullable String state,
      @RequestParam(name = "outcome", required = false) @Nullable String outcome,
      @RequestParam(name = "slower_than", required = false) @Nullable String slowerThan,
      @RequestParam(name = "since", required = false) @Nullable String since,
      @RequestParam(name = "key_id", required = false) @Nullable String keyId,
      @RequestParam(name = "before", required = false) @Nullable String before,
      @RequestParam(name = "limit", required = false) @Nullable Integer limit,
      HttpServletRequest request,
      HttpServletResponse response)
      throws IOException {
    refuseOtherParameters(
        request, "state", "outcome", "slower_than", "since", "key_id", "before", "limit");
    int count = limit == null ? DEFAULT_LIMIT : limit;
    if (count < 1 || count > MAX_LIMIT) {
      throw new ProblemException(
          ApiError.INVALID_REQUEST,
          "Parameter limit is %d, possible are 1 to %d".formatted(count, MAX_LIMIT));
    }
    QueryFilter filter =
        new QueryFilter(
            keyOf(caller, word("key_id", keyId)),
            state == null ? null : state(state),
            outcome(outcome),
            slowerThan == null ? null : duration("slower_than", slowerThan),
            since == null ? null : instant(since));
    QueryCursor after = before == null ? null : cursor(before);
    List<QueryAnswer> answers = new ArrayList<>();
    QueryRecord last = null;
    List<QueryRecord> page = page(caller, filter, after, count + 1);
    for (QueryRecord query : page.subList(0, Math.min(count, page.size()))) {
      answers.add(
          running
              .find(query.tenant(), query.id())
              .filter(here -> query.state() == QueryState.RUNNING)
              .map(QueryAnswer::of)
              .orElseGet(() -> QueryAnswer.of(query)));
      last = query;
    }
    String next = last == null || page.size() <= count ? null : text(QueryCursor.of(last));
    ApiJson.write(response, 200, new QueryPage(answers, next));
  }

  /** The catalog's page with the queries that this gateway runs in their places. */
  private List<QueryRecord> page(
      Caller caller, QueryFilter filter, @Nullable QueryCursor after, int count) {
    List<QueryRecord> all =
        new ArrayList<>(catalog.queryHistory().list(caller.tenant(), filter, after, count));
    if ((filter.state() == null || filter.state() == QueryState.RUNNING)
        && filter.outcome() == null) {
      Instant now = clock.instant();
      running.listSync(caller.tenant()).stream()
          .map(TrackedQuery::record)
          .filter(
              query ->
                  (filter.keyId() == null || filter.keyId().equals(query.keyId()))
                      && (filter.since() == null || !query.submittedAt().isBefore(filter.since()))
                      && (filter.slowerThan() == null
                          || Duration.between(query.submittedAt(), now)
                                  .compareTo(filter.slowerThan())
                              >= 0)
                      && (after == null || comesAfter(query, after)))
          .forEach(all::add);
      all.sort(LAST_FIRST);
    }
    return all.subList(0, Math.min(count, all.size()));
  }

  private static boolean comesAfter(QueryRecord query, QueryCursor place) {
    int order = query.submittedAt().compareTo(place.submittedAt());
    return order < 0 || (order == 0 && query.id().toString().compareTo(place.id().toString()) < 0);
  }

  /** Keeps from the catalog what can be neither the name of a key nor that of an outcome. */
  private static @Nullable String word(String name, @Nullable String value) {
    if (value != null && !WORD.matcher(value).matches()) {
      throw new ProblemException(
          ApiError.INVALID_REQUEST,
          "Parameter %s is not of letters, digits and _: %s".formatted(name, value));
    }
    return value;
  }

  private static @Nullable String outcome(@Nullable String outcome) {
    if (outcome != null && !TrackedQuery.isOutcome(outcome)) {
      throw new ProblemException(
          ApiError.INVALID_REQUEST,
          "Parameter outcome is %s, possible are ok, not_modified, client_gone and error codes in lower case"
              .formatted(word("outcome", outcome)));
    }
    return outcome;
  }

  /** A parameter that is misspelled would be one that was not given. */
  static void refuseOtherParameters(HttpServletRequest request, String... known) {
    if (request.getQueryString() == null) {
      return;
    }
    for (String name : request.getParameterMap().keySet()) {
      if (!List.of(known).contains(name)) {
        throw new ProblemException(
            ApiError.INVALID_REQUEST,
            "Parameter %s is not known here, %s"
                .formatted(
                    name,
                    known.length == 0
                        ? "there are none"
                        : "possible are " + String.join(", ", known)));
      }
    }
  }

  private static @Nullable String keyOf(Caller caller, @Nullable String keyId) {
    if (caller.roles().contains(Role.OPS_ADMIN)) {
      return keyId;
    }
    if (keyId != null && !keyId.equals(caller.keyId())) {
      throw new ProblemException(
          ApiError.FORBIDDEN,
          "Only a key with the role ops_admin sees queries of other keys",
          Map.of("required_roles", List.of("ops_admin")));
    }
    return caller.keyId();
  }

  private static QueryState state(String text) {
    for (QueryState state : QueryState.values()) {
      if (state != QueryState.EXPIRED && state.name().toLowerCase(Locale.ROOT).equals(text)) {
        return state;
      }
    }
    throw new ProblemException(
        ApiError.INVALID_REQUEST,
        "Parameter state is %s, possible are queued, running, succeeded, failed, cancelled"
            .formatted(text));
  }

  private static Instant instant(String text) {
    try {
      Instant instant = OffsetDateTime.parse(text).toInstant();
      if (Times.possible(instant)) {
        return instant;
      }
    } catch (DateTimeParseException e) {
      throw notATime(text);
    }
    throw notATime(text);
  }

  private static ProblemException notATime(String text) {
    return new ProblemException(
        ApiError.INVALID_REQUEST,
        "Parameter since is not an RFC 3339 time such as 2026-01-31T12:00:00Z: " + text);
  }

  private static String text(QueryCursor cursor) {
    String text = cursor.submittedAt() + " " + cursor.id();
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private static QueryCursor cursor(String text) {
    try {
      String[] words =
          new String(Base64.getUrlDecoder().decode(text), StandardCharsets.UTF_8).split(" ", 2);
      Instant submittedAt = Instant.parse(words[0]);
      if (words.length == 2 && Times.possible(submittedAt)) {
        return new QueryCursor(submittedAt, new QueryId(UUID.fromString(words[1])));
      }
    } catch (IllegalArgumentException | DateTimeParseException e) {
      throw notACursor(text);
    }
    throw notACursor(text);
  }

  private static ProblemException notACursor(String text) {
    return new ProblemException(
        ApiError.INVALID_REQUEST, "Parameter before is not from an answer: " + text);
  }
}
