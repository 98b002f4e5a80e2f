package io.duckmesh.worker.cli;

import static io.duckmesh.worker.cli.Gateway.text;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/** Queries: list, show, cancel, and the results of asynchronous ones. */
@Command(
    name = "queries",
    description = "Lists, shows and cancels queries, and fetches results of asynchronous ones.",
    synopsisSubcommandLabel = "COMMAND",
    footer = {
      "",
      "Examples:",
      "  ID=$(duckmesh query --async --format csv -f report.sql)",
      "  duckmesh queries result $ID --wait > report.csv",
      "  duckmesh queries list --slower-than 1s"
    })
public final class QueriesCommand {
  private static final String PATH = "/v1/queries";
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  /** One long poll; a query may take many. */
  private static final Duration POLL = Duration.ofSeconds(30);

  /** How long a gateway may be gone while a query is waited for. */
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  private static final int SHOWN_SQL = 60;

  @Command(
      name = "list",
      mixinStandardHelpOptions = true,
      description = "Lists queries, the one that was asked last first.")
  int list(
      @Mixin GatewayOptions gatewayOptions,
      @Option(
              names = "--state",
              paramLabel = "STATE",
              description = "queued, running, succeeded, failed or cancelled. Default: all.")
          @Nullable String state,
      @Option(
              names = "--outcome",
              paramLabel = "OUTCOME",
              description = "ok, client_gone, or an error code in lower case. Default: all.")
          @Nullable String outcome,
      @Option(
              names = "--slower-than",
              paramLabel = "TIME",
              description = "Only those that took so long, for example 500ms.")
          @Nullable String slowerThan,
      @Option(
              names = "--since",
              paramLabel = "TIME",
              description = "Only those asked since, for example 2026-11-24T10:00:00Z.")
          @Nullable String since,
      @Option(
              names = "--key-id",
              paramLabel = "KEY_ID",
              description = "Only those of this key; needs the role ops_admin.")
          @Nullable String keyId,
      @Option(
              names = "--limit",
              paramLabel = "N",
              description = "How many at most. Default: ${DEFAULT-VALUE}.",
              defaultValue = "50")
          int limit,
      @Option(
              names = "--before",
              paramLabel = "PLACE",
              description = "The next page, as the one before names it.")
          @Nullable String before,
      @Option(names = "--json", description = "The gateway's whole answer.") boolean json) {
    List<String> parameters = new ArrayList<>(List.of("limit=" + limit));
    add(parameters, "state", state);
    add(parameters, "outcome", outcome);
    add(parameters, "slower_than", slowerThan);
    add(parameters, "since", since);
    add(parameters, "key_id", keyId);
    add(parameters, "before", before);
    JsonNode answer =
        gatewayOptions.gateway().get(PATH + "?" + String.join("&", parameters), TIMEOUT);
    if (json) {
      Terminal.out().println(answer.toPrettyString());
      return 0;
    }
    if (answer.path("queries").isEmpty()) {
      Terminal.err().println("There are no queries that fit.");
      return 0;
    }
    TextTable table =
        TextTable.of(
            "query_id", "mode", "state", "outcome", "submitted_at", "#ms", "#rows", "key", "sql");
    for (JsonNode query : answer.path("queries")) {
      table.add(
          text(query, "query_id"),
          text(query, "mode"),
          text(query, "state"),
          text(query, "outcome"),
          text(query, "submitted_at"),
          text(query, "elapsed_ms"),
          text(query, "row_count"),
          query.path("key_label").asString(text(query, "key_id")),
          shortened(text(query, "sql")));
    }
    table.print(Terminal.out());
    if (answer.path("before").isString()) {
      Terminal.err().println("Older ones: --before " + answer.path("before").asString());
    }
    return 0;
  }

  private static void add(List<String> parameters, String name, @Nullable String value) {
    if (value != null) {
      parameters.add(name + "=" + Gateway.encode(value));
    }
  }

  @Command(
      name = "show",
      mixinStandardHelpOptions = true,
      description = "Shows a query: how it stands, what it read, where its time went.")
  int show(
      @Mixin GatewayOptions gatewayOptions,
      @Parameters(paramLabel = "QUERY", description = "The query's id.") String id,
      @Option(names = "--wait", description = "Waits until it has ended.") boolean waitFinished) {
    Gateway gateway = gatewayOptions.gateway();
    JsonNode query = waitFinished ? await(gateway, id) : gateway.get(path(id), TIMEOUT);
    Terminal.out().println(query.toPrettyString());
    return waitFinished && !text(query, "state").equals("succeeded") ? 1 : 0;
  }

  @Command(
      name = "cancel",
      mixinStandardHelpOptions = true,
      description = "Cancels a query that waits or runs, at whichever gateway.")
  int cancel(
      @Mixin GatewayOptions gatewayOptions,
      @Parameters(paramLabel = "QUERY", description = "The query's id.") String id) {
    JsonNode answer = gatewayOptions.gateway().delete(path(id), TIMEOUT);
    String state = text(answer, "state");
    Terminal.err()
        .println(
            state.equals("running")
                ? "Query %s is being cancelled".formatted(id)
                : "Query %s is %s".formatted(id, state));
    return 0;
  }

  @Command(
      name = "result",
      mixinStandardHelpOptions = true,
      description = "Writes the result of an asynchronous query to standard output, or to a file.")
  int result(
      @Mixin GatewayOptions gatewayOptions,
      @Parameters(paramLabel = "QUERY", description = "The query's id.") String id,
      @Option(names = "--wait", description = "Waits until it has ended.") boolean waitFinished,
      @Option(
              names = {"-o", "--output"},
              paramLabel = "FILE",
              description = "Writes to this file.")
          @Nullable Path output)
      throws IOException {
    Gateway gateway = gatewayOptions.gateway();
    if (waitFinished) {
      await(gateway, id);
    }
    HttpResponse<InputStream> response = gateway.open(path(id) + "/result", Duration.ofMinutes(10));
    try (InputStream result = response.body();
        OutputStream out = output == null ? Terminal.rawOut() : Files.newOutputStream(output)) {
      result.transferTo(out);
    }
    CutAnswers.warn(CutAnswers.said(response));
    return 0;
  }

  /** Asks until the query has ended; a gateway that does not answer for a moment is asked again. */
  static JsonNode await(Gateway gateway, String id) {
    Sender sender = new Sender(PATIENCE, Terminal.err()::println);
    String path = "%s?wait=finished&timeout=%ds".formatted(path(id), POLL.toSeconds());
    while (true) {
      JsonNode query = sender.send(() -> gateway.get(path, POLL.plusSeconds(20)));
      String state = text(query, "state");
      if (!state.equals("queued") && !state.equals("running")) {
        return query;
      }
    }
  }

  private static String path(String id) {
    return PATH + "/" + Gateway.encode(id);
  }

  private static String shortened(String sql) {
    String line = sql.replaceAll("\\s+", " ").strip();
    return line.length() <= SHOWN_SQL ? line : line.substring(0, SHOWN_SQL - 1) + "…";
  }
}
