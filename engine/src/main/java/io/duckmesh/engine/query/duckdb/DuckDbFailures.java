package io.duckmesh.engine.query.duckdb;

import io.duckmesh.engine.query.QueryFailedException;
import io.duckmesh.engine.query.QueryRejectedException;
import io.duckmesh.engine.query.QueryUnavailableException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns DuckDB's errors into ours. Its messages help, so they are passed on, but without what a
 * client has no business with: paths, the engine's own catalog, hints about its settings.
 */
final class DuckDbFailures {
  private static final Logger log = LoggerFactory.getLogger(DuckDbFailures.class);

  /** The system's words, within those of DuckDB. */
  private static final String DISK_FULL = "No space left on device";

  private static final Pattern ERROR = Pattern.compile("(?s)([A-Za-z ]+?) Error: (.*)");

  /** How Arrow wraps the message of an answer that fails while it is read. */
  private static final Pattern WRAPPED =
      Pattern.compile("(?s).*CDataJniException\\{.*?message=(.*)\\}");

  private static final Pattern END_OF_SENTENCE = Pattern.compile("[.!]+$");

  /** Advice to change a setting, which no client can: from its sentence to the end of the line. */
  private static final Pattern SETTING_HINT =
      Pattern.compile(
          "(?:^|(?<=[.!?]\\s))[^.!?]*\\b(?:SET|RESET|PRAGMA) (?:(?:GLOBAL|SESSION) )?[a-z]+_[a-z_]+.*");

  private static final Pattern LINE = Pattern.compile("LINE (\\d+): ");

  private static final Pattern OTHERS_CATALOG =
      Pattern.compile("\"?(?:information_schema|pg_catalog|pg_|duckdb_|sqlite_|pragma_|system\\.)");

  private DuckDbFailures() {}

  /**
   * Kinds of errors that lie in the statement: nothing ran, and running it again changes nothing.
   */
  private static boolean isRejection(String kind) {
    return switch (kind) {
      case "Parser",
          "Syntax",
          "Binder",
          "Catalog",
          "Not implemented",
          "Permission",
          "Parameter Not Resolved",
          "Parameter Not Allowed" ->
          true;
      default -> false;
    };
  }

  /** Whether the instance can not be used any more. */
  static boolean isFatal(Throwable failure) {
    String message = String.valueOf(failure.getMessage());
    return message.contains("FATAL Error") || message.contains("INTERNAL Error");
  }

  /**
   * @param queryId names the statement in the log, which gets the whole message
   * @param hidden folders whose paths a message must not show
   */
  static RuntimeException translate(String queryId, Throwable failure, List<String> hidden) {
    String whole = String.valueOf(failure.getMessage());
    Matcher wrapped = WRAPPED.matcher(whole);
    if (wrapped.matches()) {
      whole = wrapped.group(1);
    }
    Matcher error = ERROR.matcher(whole);
    String kind = error.matches() ? error.group(1).strip() : "";
    String message = error.matches() ? error.group(2) : whole;
    if (kind.equals("Out of Memory")) {
      return new QueryFailedException(
          "Query needs more memory than it may take; it can be split or narrowed", failure);
    }
    if (message.contains(DISK_FULL)) {
      log.error("Disk that queries spill to is full query_id={}", queryId, failure);
      return new QueryUnavailableException("The disk that queries spill to is full", failure);
    }
    if (kind.equals("IO") || isFatal(failure) || kind.isEmpty()) {
      log.error("Query failed inside DuckDB query_id={}", queryId, failure);
      return new QueryFailedException(
          kind.equals("IO")
              ? "A file that the query needs can not be read or written"
              : "Query failed inside the engine",
          failure);
    }
    String text = withoutPaths(sentence(message), hidden);
    return isRejection(kind)
        ? new QueryRejectedException(text, failure)
        : new QueryFailedException(text, failure);
  }

  /** The text without the paths of files below the folders. */
  static String withoutPaths(String text, List<String> hidden) {
    String rest = text;
    for (String folder : hidden) {
      rest = rest.replaceAll(Pattern.quote(folder) + "[^'\"\\s,)\\]]*", "(file)");
    }
    return rest;
  }

  /**
   * The first paragraph with the line it speaks of, beginning with a capital, without a full stop.
   */
  static String sentence(@org.jspecify.annotations.Nullable String message) {
    if (message == null || message.isBlank()) {
      return "Unknown error";
    }
    StringBuilder text = new StringBuilder();
    String place = "";
    for (String given : message.split("\n")) {
      String line = SETTING_HINT.matcher(given).replaceFirst("");
      Matcher at = LINE.matcher(line);
      if (at.lookingAt()) {
        place = " (line %s)".formatted(at.group(1));
        break;
      }
      boolean hint = line.startsWith("Did you mean") && OTHERS_CATALOG.matcher(line).find();
      if (line.startsWith("Possible solutions") || line.startsWith("See also")) {
        break;
      }
      if (!line.isBlank() && !hint) {
        text.append(text.isEmpty() ? "" : "; ")
            .append(END_OF_SENTENCE.matcher(line.strip()).replaceFirst(""));
      }
    }
    if (text.isEmpty()) {
      return "Unknown error";
    }
    text.setCharAt(0, Character.toUpperCase(text.charAt(0)));
    return text + place;
  }

  /** Closes what may be broken already; a failure to do so is only worth a line in the log. */
  static void closeQuietly(AutoCloseable closeable) {
    try {
      closeable.close();
    } catch (Exception e) {
      log.warn("Cannot close DuckDB object type={}", closeable.getClass().getSimpleName(), e);
    }
  }
}
