package io.duckmesh.worker.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Tables: list, describe, create, drop. */
@Command(
    name = "tables",
    description = "Lists, describes, creates and drops tables.",
    synopsisSubcommandLabel = "COMMAND")
public final class TablesCommand {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final Pattern COLUMN =
      Pattern.compile(
          "\\s*(\"[^\"]+\"|\\S+)\\s+(.+?)(\\s+NOT\\s+NULL)?\\s*", Pattern.CASE_INSENSITIVE);

  @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists tables.")
  int list(@Mixin GatewayOptions gatewayOptions) {
    JsonNode answer = gatewayOptions.gateway().get("/v1/tables", TIMEOUT);
    JsonNode tables = answer.isArray() ? answer : answer.path("tables");
    if (tables.isEmpty()) {
      Terminal.err().println("There are no tables yet.");
      return 0;
    }
    TextTable text = TextTable.of("name", "#columns", "event_key", "created_at");
    for (JsonNode table : tables) {
      text.add(
          table.path("name").asString(""),
          String.valueOf(table.path("columns").size()),
          joined(table.path("event_key")),
          table.path("created_at").asString(""));
    }
    text.print(Terminal.out());
    return 0;
  }

  @Command(
      name = "describe",
      mixinStandardHelpOptions = true,
      description = "Shows a table's columns and settings.")
  int describe(
      @Mixin GatewayOptions gatewayOptions,
      @Parameters(paramLabel = "TABLE", description = "The table.") String table,
      @Option(names = "--json", description = "The gateway's whole answer.") boolean json) {
    JsonNode answer = gatewayOptions.gateway().get("/v1/tables/" + Gateway.encode(table), TIMEOUT);
    if (json) {
      Terminal.out().println(answer.toPrettyString());
      return 0;
    }
    TextTable columns = TextTable.of("column", "type", "null", "default");
    for (JsonNode column : answer.path("columns")) {
      columns.add(
          column.path("name").asString(""),
          column.path("type").asString(""),
          column.path("required").asBoolean(false) ? "NOT NULL" : "",
          column.path("default").isMissingNode() || column.path("default").isNull()
              ? ""
              : column.path("default").toString());
    }
    columns.print(Terminal.out());
    for (var entry : answer.properties()) {
      JsonNode value = entry.getValue();
      if (!entry.getKey().equals("columns")
          && !value.isNull()
          && !(value.isContainer() && value.isEmpty())) {
        Terminal.out()
            .println(
                entry.getKey()
                    + ": "
                    + (value.isArray()
                        ? joined(value)
                        : value.isString() ? value.asString() : value));
      }
    }
    return 0;
  }

  @Command(
      name = "create",
      mixinStandardHelpOptions = true,
      description = "Creates a table from columns or from a JSON file.",
      footer = {
        "",
        "Examples:",
        "  duckmesh tables create events -c 'id BIGINT' -c 'at TIMESTAMPTZ'",
        "  duckmesh tables create flights --schema flights.json"
      })
  int create(
      @Mixin GatewayOptions gatewayOptions,
      @Parameters(paramLabel = "TABLE", description = "Name of the table.") String table,
      @Option(
              names = "--schema",
              paramLabel = "FILE",
              description =
                  "What POST /v1/tables takes, or an array of columns; - is standard input.")
          @Nullable Path schema,
      @Option(
              names = {"-c", "--column"},
              paramLabel = "COLUMN",
              description = "Name, type and perhaps NOT NULL; may be given many times.")
          @Nullable List<String> columns,
      @Option(
              names = "--event-key",
              split = ",",
              paramLabel = "COLUMN",
              description = "Columns that name an event: it is taken once.")
          @Nullable List<String> eventKey,
      @Option(
              names = "--shards",
              paramLabel = "N",
              description = "On how many shards the table lives. Default: 1.")
          @Nullable Integer shards,
      @Option(names = "--if-absent", description = "Does nothing if the table exists.")
          boolean ifAbsent)
      throws IOException {
    ObjectNode body = schema == null ? Gateway.JSON.createObjectNode() : readSchema(schema);
    if (columns != null) {
      ArrayNode array = body.withArray("columns");
      columns.forEach(column -> array.add(column(column)));
    }
    if (body.path("columns").isEmpty()) {
      throw new CommandFailedException("A table needs columns: give --column or --schema");
    }
    if (eventKey != null) {
      ArrayNode array = body.putArray("event_key");
      eventKey.forEach(array::add);
    }
    if (shards != null) {
      body.withObject("settings").put("shards", shards);
    }
    Gateway gateway = gatewayOptions.gateway();
    Sender sender = new Sender(Duration.ofSeconds(10), Terminal.err()::println);
    if (ifAbsent) {
      boolean created = createIfAbsent(gateway, sender, table, body);
      Terminal.out().println((created ? "Created table " : "There is a table already: ") + table);
    } else {
      body.put("name", table);
      gateway.post("/v1/tables", body, TIMEOUT);
      Terminal.out().println("Created table " + table);
    }
    return 0;
  }

  @Command(
      name = "drop",
      mixinStandardHelpOptions = true,
      description = "Drops a table: newer snapshots do not have it, older ones keep it.")
  int drop(
      @Mixin GatewayOptions gatewayOptions,
      @Parameters(paramLabel = "TABLE", description = "The table.") String table) {
    gatewayOptions.gateway().delete("/v1/tables/" + Gateway.encode(table), TIMEOUT);
    Terminal.out().println("Dropped table " + table);
    return 0;
  }

  /** Creates the table; false if there is one of that name already. */
  static boolean createIfAbsent(Gateway gateway, Sender sender, String table, ObjectNode schema) {
    ObjectNode body = schema.deepCopy().put("name", table);
    try {
      sender.send(() -> gateway.post("/v1/tables", body, TIMEOUT));
      return true;
    } catch (RefusedException e) {
      if (e.errorCode().equals("TABLE_EXISTS")) {
        return false;
      }
      throw e;
    }
  }

  static ObjectNode readSchema(Path file) throws IOException {
    byte[] text = file.toString().equals("-") ? System.in.readAllBytes() : Files.readAllBytes(file);
    JsonNode node;
    try {
      node = Gateway.JSON.readTree(text);
    } catch (JacksonException e) {
      throw new CommandFailedException(
          "The schema in %s is not JSON: %s".formatted(file, e.getOriginalMessage()), e);
    }
    if (node instanceof ArrayNode columns) {
      ObjectNode body = Gateway.JSON.createObjectNode();
      body.set("columns", columns);
      return body;
    }
    if (node instanceof ObjectNode body) {
      return body;
    }
    throw new CommandFailedException(
        "The schema in %s is neither an object nor an array of columns".formatted(file));
  }

  private static ObjectNode column(String text) {
    Matcher matcher = COLUMN.matcher(text);
    if (!matcher.matches()) {
      throw new CommandFailedException(
          "A column is a name and a type, for example 'id BIGINT NOT NULL', not '%s'"
              .formatted(text));
    }
    String name = matcher.group(1);
    return Gateway.JSON
        .createObjectNode()
        .put("name", name.startsWith("\"") ? name.substring(1, name.length() - 1) : name)
        .put("type", matcher.group(2))
        .put("required", matcher.group(3) != null);
  }

  private static String joined(JsonNode array) {
    List<String> values = new ArrayList<>();
    array.forEach(value -> values.add(value.isString() ? value.asString() : value.toString()));
    return String.join(", ", values);
  }
}
