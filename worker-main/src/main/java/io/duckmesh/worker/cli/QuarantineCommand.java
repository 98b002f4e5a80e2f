package io.duckmesh.worker.cli;

import static io.duckmesh.worker.cli.Gateway.text;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/** The quarantine: list, show, replay, drop. */
@Command(
    name = "quarantine",
    description = "Lists, shows, replays and drops events that could not land.",
    synopsisSubcommandLabel = "COMMAND")
public final class QuarantineCommand {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final String PATH = "/v1/quarantine";
  private static final int SHOWN_REASON = 80;
  private static final int ROWS_AT_A_TIME = 1_000;

  @Command(
      name = "list",
      mixinStandardHelpOptions = true,
      description = "Lists entries, the newest first.")
  int list(
      @Mixin GatewayOptions gatewayOptions,
      @Option(names = "--table", paramLabel = "TABLE", description = "Only of this table.")
          @Nullable String table,
      @Option(
              names = "--state",
              paramLabel = "STATE",
              description = "quarantined, replayed, dropped or all. Default: ${DEFAULT-VALUE}.",
              defaultValue = "quarantined")
          String state,
      @Option(
              names = "--limit",
              paramLabel = "N",
              description = "How many at most. Default: ${DEFAULT-VALUE}.",
              defaultValue = "100")
          int limit,
      @Option(
              names = "--before",
              paramLabel = "ID",
              description = "Only older entries than this one.")
          @Nullable Long before,
      @Option(names = "--json", description = "The gateway's whole answer.") boolean json) {
    List<String> parameters = new ArrayList<>(List.of("limit=" + limit));
    if (table != null) {
      parameters.add("table=" + Gateway.encode(table));
    }
    if (!state.equals("all")) {
      parameters.add("state=" + Gateway.encode(state));
    }
    if (before != null) {
      parameters.add("before=" + before);
    }
    JsonNode answer =
        gatewayOptions.gateway().get(PATH + "?" + String.join("&", parameters), TIMEOUT);
    if (json) {
      Terminal.out().println(answer.toPrettyString());
      return 0;
    }
    JsonNode entries = answer.path("entries");
    if (entries.isEmpty()) {
      Terminal.err().println("There is nothing in quarantine that fits.");
      return 0;
    }
    TextTable text = TextTable.of("#id", "table", "#rows", "state", "quarantined_at", "reason");
    for (JsonNode entry : entries) {
      text.add(
          text(entry, "quarantine_id"),
          text(entry, "table"),
          text(entry, "row_count"),
          text(entry, "state"),
          text(entry, "quarantined_at"),
          shortened(text(entry, "reason")));
    }
    text.print(Terminal.out());
    JsonNode next = answer.path("before");
    if (next.isNumber()) {
      Terminal.err().println("Older ones: --before " + next.asLong());
    }
    return 0;
  }

  @Command(
      name = "show",
      mixinStandardHelpOptions = true,
      description = "Shows an entry with its rows.",
      footer = {
        "",
        "To mend rows and replay them:",
        "  duckmesh quarantine show 17 --rows > rows.ndjson",
        "  duckmesh quarantine replay 17 --rows rows.ndjson"
      })
  int show(
      @Mixin GatewayOptions gatewayOptions,
      @Parameters(paramLabel = "ID", description = "Number of the entry.") long id,
      @Option(names = "--rows", description = "Nothing but all its rows, one a line.") boolean rows,
      @Option(names = "--json", description = "The gateway's whole answer.") boolean json) {
    Gateway gateway = gatewayOptions.gateway();
    if (rows) {
      return printRows(gateway, id);
    }
    JsonNode detail = gateway.get(PATH + "/" + id, TIMEOUT);
    if (json) {
      Terminal.out().println(detail.toPrettyString());
      return 0;
    }
    printEntry(detail.path("entry"));
    if (detail.path("schema_version").isNumber()) {
      Terminal.out().println("schema_version: " + detail.path("schema_version").asInt());
    }
    if (detail.path("unreadable").isString()) {
      Terminal.out().println("unreadable: " + text(detail, "unreadable"));
    }
    if (!detail.path("rows").isEmpty()) {
      Terminal.out().println();
      TextTable table = TextTable.of("#row", "error", "raw");
      for (JsonNode row : detail.path("rows")) {
        JsonNode error = row.path("errors").path(0);
        table.add(text(row, "row"), error(error), oneLine(text(row, "raw")));
      }
      table.print(Terminal.out());
    }
    if (detail.path("next_offset").isNumber()) {
      Terminal.err().println("These are the first rows; --rows prints all.");
    }
    return 0;
  }

  private static int printRows(Gateway gateway, long id) {
    JsonNode offset = null;
    do {
      JsonNode detail =
          gateway.get(
              "%s/%d?limit=%d&offset=%d"
                  .formatted(PATH, id, ROWS_AT_A_TIME, offset == null ? 0 : offset.asInt()),
              TIMEOUT);
      if (detail.path("unreadable").isString()) {
        throw new CommandFailedException(
            "The rows of entry %d cannot be read: %s".formatted(id, text(detail, "unreadable")));
      }
      for (JsonNode row : detail.path("rows")) {
        Terminal.out().println(oneLine(text(row, "raw")));
      }
      offset = detail.path("next_offset");
    } while (offset.isNumber());
    return 0;
  }

  @Command(
      name = "replay",
      mixinStandardHelpOptions = true,
      description = "Replays entries, as they are or with mended rows. Safe to repeat.")
  int replay(
      @Mixin GatewayOptions gatewayOptions,
      @Parameters(paramLabel = "ID", arity = "1..*", description = "Numbers of the entries.")
          List<Long> ids,
      @Option(
              names = "--rows",
              paramLabel = "FILE",
              description = "NDJSON of the rows to replay in place of the entry's own.")
          @Nullable Path rows,
      @Option(
              names = "--table",
              paramLabel = "TABLE",
              description = "The table that gets them. Default: the entry's own.")
          @Nullable String table)
      throws IOException {
    if (rows != null && ids.size() > 1) {
      throw new CommandFailedException("--rows goes with one entry, these are " + ids.size());
    }
    Gateway gateway = gatewayOptions.gateway();
    Map<String, String> headers =
        rows == null ? Map.of() : Map.of("Content-Type", "application/x-ndjson");
    byte[] body = rows == null ? new byte[0] : read(rows);
    String suffix = table == null ? "" : "?table=" + Gateway.encode(table);
    for (long id : ids) {
      JsonNode entry =
          gateway.post("%s/%d/replay%s".formatted(PATH, id, suffix), headers, body, TIMEOUT);
      JsonNode replay = entry.path("replay");
      Terminal.out()
          .println(
              "entry %d was replayed at %s: %s of table %s"
                  .formatted(
                      id,
                      text(entry, "replayed_at"),
                      IngestCommand.counted(replay.path("accepted").asLong(0), "row"),
                      text(replay, "table")));
      Terminal.out().println("receipt: " + text(replay, "receipt_id"));
      Terminal.out().println("token:   " + text(replay, "token"));
    }
    return 0;
  }

  private static byte[] read(Path rows) throws IOException {
    if (rows.toString().equals("-")) {
      return System.in.readAllBytes();
    }
    if (!Files.isReadable(rows) || Files.isDirectory(rows)) {
      throw new CommandFailedException("No such file: " + rows);
    }
    return Files.readAllBytes(rows);
  }

  @Command(
      name = "drop",
      mixinStandardHelpOptions = true,
      description = "Drops entries: their rows are deleted.")
  int drop(
      @Mixin GatewayOptions gatewayOptions,
      @Parameters(paramLabel = "ID", arity = "1..*", description = "Numbers of the entries.")
          List<Long> ids) {
    Gateway gateway = gatewayOptions.gateway();
    for (long id : ids) {
      JsonNode entry = gateway.delete(PATH + "/" + id, TIMEOUT);
      Terminal.out()
          .println(
              "entry %d was dropped at %s, with %s"
                  .formatted(
                      id,
                      text(entry, "dropped_at"),
                      IngestCommand.counted(entry.path("row_count").asLong(0), "row")));
    }
    return 0;
  }

  private static void printEntry(JsonNode entry) {
    for (var field : entry.properties()) {
      JsonNode value = field.getValue();
      if (value.isObject()) {
        for (var inner : value.properties()) {
          Terminal.out()
              .println(
                  "%s.%s: %s"
                      .formatted(field.getKey(), inner.getKey(), text(value, inner.getKey())));
        }
      } else if (!value.isNull()) {
        Terminal.out().println(field.getKey() + ": " + text(entry, field.getKey()));
      }
    }
  }

  private static String error(JsonNode error) {
    String column = text(error, "column");
    String rule = text(error, "rule");
    return column.isEmpty() ? rule : column + ": " + rule;
  }

  /** Line breaks are blanks in JSON text, and would end the row here. */
  private static String oneLine(String raw) {
    return raw.replaceAll("\\R", " ");
  }

  private static String shortened(String reason) {
    return reason.length() <= SHOWN_REASON ? reason : reason.substring(0, SHOWN_REASON - 1) + "…";
  }
}
