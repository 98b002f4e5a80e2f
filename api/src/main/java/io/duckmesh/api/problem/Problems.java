package io.duckmesh.api.problem;

import io.duckmesh.bus.BacklogFullException;
import io.duckmesh.bus.BusUnavailableException;
import io.duckmesh.bus.QuarantineEntryNotFoundException;
import io.duckmesh.bus.QuarantineFinishedException;
import io.duckmesh.catalog.CatalogUnavailableException;
import io.duckmesh.catalog.CommitStateUnknownException;
import io.duckmesh.catalog.SegmentForgottenException;
import io.duckmesh.catalog.SnapshotExpiredException;
import io.duckmesh.catalog.SnapshotNotFoundException;
import io.duckmesh.catalog.TableExistsException;
import io.duckmesh.catalog.TableNotFoundException;
import io.duckmesh.catalog.TooManyShardsException;
import io.duckmesh.engine.objects.CorruptObjectException;
import io.duckmesh.engine.objects.ObjectNotFoundException;
import io.duckmesh.engine.objects.ObjectStoreUnavailableException;
import io.duckmesh.engine.objects.cache.ObjectCacheException;
import io.duckmesh.engine.query.QueryCancelledException;
import io.duckmesh.engine.query.QueryFailedException;
import io.duckmesh.engine.query.QueryOverloadedException;
import io.duckmesh.engine.query.QueryRejectedException;
import io.duckmesh.engine.query.QueryTimeoutException;
import io.duckmesh.engine.query.QueryUnavailableException;
import io.duckmesh.engine.rows.InvalidRowsException;
import io.duckmesh.engine.rows.RowError;
import jakarta.servlet.ServletException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.arrow.memory.OutOfMemoryException;
import org.apache.coyote.BadRequestException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import org.springframework.web.HttpMediaTypeNotAcceptableException;
import org.springframework.web.HttpMediaTypeNotSupportedException;
import org.springframework.web.HttpRequestMethodNotSupportedException;
import org.springframework.web.bind.MissingServletRequestParameterException;
import org.springframework.web.method.annotation.MethodArgumentTypeMismatchException;
import org.springframework.web.servlet.NoHandlerFoundException;
import org.springframework.web.servlet.resource.NoResourceFoundException;

/** The one mapping from what leaves and the web framework throw to what clients are told. */
public final class Problems {
  private static final Logger LOG = LoggerFactory.getLogger(Problems.class);
  private static final Duration SOON = Duration.ofSeconds(1);

  private Problems() {}

  /** The refusal that the exception stands for; {@link ApiError#INTERNAL} if it is a surprise. */
  public static ProblemException of(Throwable thrown) {
    // The dispatcher wraps what a handler throws when the exception passes it.
    Throwable cause =
        thrown instanceof ServletException || thrown instanceof UncheckedIOException
            ? thrown.getCause()
            : null;
    return cause == null ? ofItself(thrown) : of(cause);
  }

  private static ProblemException ofItself(Throwable thrown) {
    return switch (thrown) {
      case ProblemException e -> e;
      case InvalidRowsException e -> invalidRows(e);
      case TableNotFoundException e -> problem(ApiError.TABLE_NOT_FOUND, e);
      case TableExistsException e ->
          new ProblemException(
              ApiError.TABLE_EXISTS,
              "There is a table %s; names differ by more than case".formatted(e.existing()),
              Map.of("table", e.existing()));
      case TooManyShardsException e -> tooManyShards(e);
      case SegmentForgottenException e -> problem(ApiError.RECEIPT_EXPIRED, e);
      case SnapshotNotFoundException e -> problem(ApiError.SNAPSHOT_NOT_FOUND, e);
      case SnapshotExpiredException e -> problem(ApiError.SNAPSHOT_EXPIRED, e);
      case BacklogFullException e ->
          new ProblemException(
              ApiError.BACKLOG_FULL,
              "%d bytes have been accepted and have not landed, the limit is %d"
                  .formatted(e.backlogBytes(), e.limitBytes()),
              Map.of("backlog_bytes", e.backlogBytes(), "limit_bytes", e.limitBytes()),
              e.retryAfter(),
              e);
      case QuarantineEntryNotFoundException e ->
          new ProblemException(
              ApiError.QUARANTINE_NOT_FOUND, "There is no entry " + e.id() + " in quarantine");
      case QuarantineFinishedException e -> problem(ApiError.QUARANTINE_FINISHED, e);
      case BusUnavailableException e -> busUnavailable(e);
      case CatalogUnavailableException e -> unavailable("The catalog does not answer", e);
      case CommitStateUnknownException e -> unavailable("The catalog does not answer", e);
      case ObjectStoreUnavailableException e -> unavailable("The object store does not answer", e);
      case ObjectCacheException e ->
          unavailable(
              "This gateway cannot keep files for queries right now; its disk may be full", e);
      case ObjectNotFoundException e -> damaged(e);
      case CorruptObjectException e -> damaged(e);
      case QueryOverloadedException e -> retryable(ApiError.RATE_LIMITED, message(e), e);
      case QueryUnavailableException e -> unavailable(message(e), e);
      case QueryRejectedException e -> problem(ApiError.QUERY_REJECTED, e);
      case QueryFailedException e -> problem(ApiError.QUERY_FAILED, e);
      case QueryTimeoutException e -> problem(ApiError.QUERY_TIMEOUT, e);
      case QueryCancelledException e -> problem(ApiError.QUERY_CANCELLED, e);
      case OutOfMemoryException e ->
          retryable(ApiError.RATE_LIMITED, "There is no memory for the rows right now", e);
      case NoResourceFoundException e -> notFound(e.getHttpMethod(), e.getResourcePath());
      case NoHandlerFoundException e -> notFound(null, e.getRequestURL());
      case HttpRequestMethodNotSupportedException e -> methodNotAllowed(e);
      case HttpMediaTypeNotSupportedException e ->
          new ProblemException(
              ApiError.UNSUPPORTED_MEDIA_TYPE,
              "The body's Content-Type is %s, known are %s"
                  .formatted(e.getContentType(), e.getSupportedMediaTypes()),
              Map.of("supported", mediaTypes(e.getSupportedMediaTypes())));
      case HttpMediaTypeNotAcceptableException e ->
          new ProblemException(
              ApiError.NOT_ACCEPTABLE,
              "The answer comes as %s".formatted(e.getSupportedMediaTypes()),
              Map.of("supported", mediaTypes(e.getSupportedMediaTypes())));
      case MissingServletRequestParameterException e ->
          new ProblemException(
              ApiError.INVALID_REQUEST, "Parameter " + e.getParameterName() + " is missing");
      case MethodArgumentTypeMismatchException e ->
          new ProblemException(
              ApiError.INVALID_REQUEST,
              "Parameter %s is not valid: %s".formatted(e.getName(), e.getValue()));
      // Also what the server throws when a client goes away, who reads no answer anyway.
      case BadRequestException e ->
          new ProblemException(
              ApiError.INVALID_REQUEST,
              "The body cannot be read to its end: " + message(e),
              Map.of(),
              null,
              e);
      case InterruptedException e -> unavailable("The server is stopping", e);
      default ->
          new ProblemException(
              ApiError.INTERNAL,
              "The server made a mistake; its log has more under the trace id",
              Map.of(),
              null,
              thrown);
    };
  }

  private static ProblemException problem(ApiError error, RuntimeException cause) {
    return new ProblemException(error, message(cause), Map.of(), null, cause);
  }

  private static ProblemException unavailable(String detail, Throwable cause) {
    return retryable(ApiError.UNAVAILABLE, detail, cause);
  }

  private static ProblemException retryable(ApiError error, String detail, Throwable cause) {
    return new ProblemException(error, detail, Map.of(), SOON, cause);
  }

  private static ProblemException busUnavailable(BusUnavailableException e) {
    String detail =
        e.outcomeUnknown()
            ? "The log did not answer: the events may have been accepted; repeating the request with"
                + " the same Idempotency-Key is safe, without one they may be there twice"
            : "The log does not answer; nothing was accepted";
    return new ProblemException(
        ApiError.UNAVAILABLE, detail, Map.of("outcome_unknown", e.outcomeUnknown()), SOON, e);
  }

  private static ProblemException damaged(RuntimeException e) {
    LOG.error("A data file is damaged", e);
    return new ProblemException(
        ApiError.FILE_DAMAGED,
        "%s. It has to be put back under the same key; duckmesh verify finds all such files"
            .formatted(message(e)),
        Map.of(),
        null,
        e);
  }

  private static ProblemException tooManyShards(TooManyShardsException e) {
    String field = "settings.shards";
    String problem = "is %d, the tenant has %d".formatted(e.asked(), e.available());
    return new ProblemException(
        ApiError.INVALID_REQUEST,
        field + " " + problem,
        Map.of("problems", List.of(Map.of("field", field, "problem", problem))));
  }

  private static ProblemException invalidRows(InvalidRowsException e) {
    List<Map<String, Object>> errors = new ArrayList<>();
    for (RowError error : e.errors()) {
      errors.add(rowError(error));
    }
    Map<String, Object> context = new LinkedHashMap<>();
    context.put("error_count", e.errorCount());
    context.put("errors", errors);
    RowError first = e.errors().getFirst();
    String detail =
        e.errorCount() == 1
            ? "%s, nothing was taken: %s".formatted(whatIsWrong(first), first.describe())
            : "%d values do not fit, nothing was taken; the first: %s"
                .formatted(e.errorCount(), first.describe());
    return new ProblemException(ApiError.SCHEMA_MISMATCH, detail, context, null, null);
  }

  private static String whatIsWrong(RowError error) {
    if (error.row() == RowError.WHOLE_BODY) {
      return "The body as a whole is not valid";
    }
    return error.column() == null ? "One row is not valid" : "One value does not fit";
  }

  private static Map<String, Object> rowError(RowError error) {
    Map<String, Object> map = new LinkedHashMap<>();
    if (error.row() != RowError.WHOLE_BODY) {
      map.put("row", error.row());
    }
    putNullable(map, "column", error.column());
    putNullable(map, "value", error.value());
    map.put("rule", error.rule());
    return map;
  }

  private static void putNullable(Map<String, Object> map, String key, @Nullable Object value) {
    if (value != null) {
      map.put(key, value);
    }
  }

  private static ProblemException notFound(@Nullable HttpMethod method, String path) {
    String slash = path.startsWith("/") ? path : "/" + path;
    return new ProblemException(
        ApiError.NOT_FOUND,
        "There is no %s%s; GET /openapi.json lists what there is"
            .formatted(method == null ? "" : method + " ", slash));
  }

  private static ProblemException methodNotAllowed(HttpRequestMethodNotSupportedException e) {
    String[] supported = e.getSupportedMethods();
    List<String> allowed = supported == null ? List.of() : List.of(supported);
    return new ProblemException(
        ApiError.METHOD_NOT_ALLOWED,
        "The path has no %s, but %s".formatted(e.getMethod(), String.join(", ", allowed)),
        Map.of("allowed", allowed));
  }

  private static List<String> mediaTypes(List<MediaType> types) {
    return types.stream().map(MediaType::toString).toList();
  }

  private static String message(Throwable thrown) {
    String message = thrown.getMessage();
    return message == null ? thrown.getClass().getSimpleName() : message;
  }
}
