package io.duckmesh.worker.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** One SELECT at one snapshot. */
@Command(
    name = "query",
    description = "Runs one SELECT and prints its answer.",
    footer = {
      "",
      "Examples:",
      "  duckmesh query 'SELECT carrier, count(*) FROM flights GROUP BY ALL'",
      "  duckmesh query 'SELECT * FROM flights WHERE origin = ? LIMIT 5' --param JFK",
      "  duckmesh query --format csv -f report.sql > report.csv",
      "  duckmesh query --async --format csv -f report.sql"
    })
public final class QueryCommand implements Callable<Integer> {
  enum Format {
    table("application/json"),
    json("application/json"),
    ndjson("application/x-ndjson"),
    csv("text/csv"),
    arrow("application/vnd.apache.arrow.stream"),
    parquet("application/vnd.apache.parquet");

    private final String mediaType;

    Format(String mediaType) {
      this.mediaType = mediaType;
    }
  }

  @Mixin private final GatewayOptions gatewayOptions = new GatewayOptions();

  @Parameters(
      arity = "0..1",
      paramLabel = "SQL",
      description = "The statement; - or nothing reads it from standard input.")
  private @Nullable String sql;

  @Option(
      names = {"-f", "--file"},
      paramLabel = "FILE",
      description = "Reads the statement from a file.")
  private @Nullable Path file;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description = "${COMPLETION-CANDIDATES}. Default: table on a terminal, else csv.")
  private @Nullable Format format;

  @Option(names = "--snapshot", paramLabel = "ID", description = "At this snapshot.")
  private @Nullable Long snapshotId;

  @Option(
      names = "--as-of",
      paramLabel = "TIME",
      description = "At the newest snapshot of this time, for example 2026-11-24T10:00:00Z.")
  private @Nullable String asOf;

  @Option(
      names = "--token",
      paramLabel = "TOKEN",
      description = "At the newest snapshot, once it has this write; may be given many times.")
  private @Nullable List<String> tokens;

  @Option(
      names = "--param",
      paramLabel = "VALUE",
      description =
          "Value of the next ? in the statement: a JSON number, true, false or null, else text.")
  private @Nullable List<String> params;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      description = "Time limit of the statement. Default: the gateway's.")
  private @Nullable Integer timeoutSeconds;

  @Option(names = "--max-rows", paramLabel = "N", description = "Cuts the answer after N rows.")
  private @Nullable Long maxRows;

  @Option(
      names = "--async",
      description =
          "Prints the query's id instead of waiting; `duckmesh queries` tells more of it.")
  private boolean async;

  @Override
  public Integer call() throws IOException {
    ObjectNode body = Gateway.JSON.createObjectNode().put("sql", statement());
    if (params != null) {
      ArrayNode values = body.putArray("params");
      params.forEach(value -> values.add(parameter(value)));
    }
    if (snapshotId != null) {
      body.put("snapshot_id", snapshotId);
    }
    if (asOf != null) {
      body.put("as_of", asOf);
    }
    if (tokens != null) {
      ArrayNode values = body.putArray("min_visibility_token");
      tokens.forEach(values::add);
    }
    if (timeoutSeconds != null) {
      body.withObject("limits").put("timeout_ms", timeoutSeconds * 1000L);
    }
    if (maxRows != null) {
      body.withObject("limits").put("max_rows", maxRows);
    }
    if (async && format == Format.table) {
      throw new CommandFailedException(
          "A result that is kept is not a table: choose json, ndjson, csv, arrow or parquet");
    }
    if (!async && format == Format.parquet && Terminal.outIsTerminal()) {
      throw new CommandFailedException(
          "Parquet is nothing for a terminal; write it to a file: %s query --format parquet … > rows.parquet"
              .formatted(Terminal.program()));
    }
    Format chosen = format != null ? format : Terminal.outIsTerminal() ? Format.table : Format.csv;
    Duration timeout = Duration.ofSeconds(timeoutSeconds == null ? 330 : timeoutSeconds + 30);
    Gateway gateway = gatewayOptions.gateway();
    if (async) {
      body.put("format", chosen == Format.table ? Format.json.name() : chosen.name());
      JsonNode query = gateway.post("/v1/queries", body, Duration.ofSeconds(30));
      Terminal.out().println(query.path("query_id").asString(""));
      return 0;
    }
    if (chosen == Format.table) {
      print(gateway.post("/v1/query", body, timeout));
      return 0;
    }
    HttpResponse<InputStream> response = gateway.open("/v1/query", body, chosen.mediaType, timeout);
    try (InputStream answer = response.body();
        OutputStream out = Terminal.rawOut()) {
      answer.transferTo(out);
    }
    CutAnswers.warn(CutAnswers.ask(gateway, response));
    return 0;
  }

  /** Prints a JSON answer as an aligned table, with a line about it on standard error. */
  static void print(JsonNode answer) {
    List<String> names = new ArrayList<>();
    List<String> types = new ArrayList<>();
    for (JsonNode column : answer.path("columns")) {
      names.add(column.path("name").asString(""));
      types.add(column.path("type").asString(""));
    }
    TextTable table = TextTable.of(names, types);
    for (JsonNode row : answer.path("rows")) {
      List<String> cells = new ArrayList<>();
      for (int column = 0; column < names.size(); column++) {
        cells.add(cell(row.isArray() ? row.path(column) : row.path(names.get(column))));
      }
      table.add(cells);
    }
    table.print(Terminal.out());
    Terminal.out().flush();
    long rows = answer.path("row_count").asLong(answer.path("rows").size());
    Terminal.err()
        .println(
            "(%,d %s at snapshot %d%s%s)"
                .formatted(
                    rows,
                    rows == 1 ? "row" : "rows",
                    answer.path("snapshot_id").asLong(),
                    elapsed(answer.path("stats")),
                    answer.path("truncated").asBoolean(false)
                        ? ", cut by a limit: there are more"
                        : ""));
  }

  private static String elapsed(JsonNode stats) {
    for (String name : List.of("total_ms", "elapsed_ms", "duration_ms", "execution_ms")) {
      if (stats.path(name).isNumber()) {
        return ", " + stats.path(name).asString() + " ms";
      }
    }
    return "";
  }

  private static String cell(JsonNode value) {
    if (value.isNull() || value.isMissingNode()) {
      return "NULL";
    }
    return value.isString() ? value.asString() : value.toString();
  }

  private String statement() throws IOException {
    if (file != null) {
      if (sql != null) {
        throw new CommandFailedException("Give the statement or a file, not both");
      }
      return Files.readString(file);
    }
    if (sql == null || sql.equals("-")) {
      return new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
    }
    return sql;
  }

  private static JsonNode parameter(String text) {
    try {
      JsonNode node = Gateway.JSON.readTree(text);
      if (node.isNumber() || node.isBoolean() || node.isNull() || node.isString()) {
        return node;
      }
    } catch (JacksonException e) {
      // Not JSON: it is text as it stands.
      return Gateway.JSON.getNodeFactory().stringNode(text);
    }
    return Gateway.JSON.getNodeFactory().stringNode(text);
  }
}
