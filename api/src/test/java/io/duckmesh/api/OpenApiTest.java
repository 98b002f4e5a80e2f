package io.duckmesh.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.api.problem.ApiError;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.springframework.web.bind.annotation.RequestMethod;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerMapping;
import tools.jackson.databind.JsonNode;

/** The document is kept by hand, so it is compared with what there is. */
class OpenApiTest extends GatewayTestBase {
  private static JsonNode document() {
    return gateway().get("/openapi.json").json();
  }

  @Test
  void documentHasExactlyTheCallsThatThereAre() {
    Set<String> served = new TreeSet<>();
    gateway()
        .context()
        .getBean("requestMappingHandlerMapping", RequestMappingHandlerMapping.class)
        .getHandlerMethods()
        .keySet()
        .forEach(
            mapping -> {
              for (String path : mapping.getPatternValues()) {
                for (RequestMethod method : mapping.getMethodsCondition().getMethods()) {
                  served.add(method + " " + path);
                }
              }
            });
    Set<String> documented = new TreeSet<>();
    document()
        .get("paths")
        .properties()
        .forEach(
            path ->
                path.getValue()
                    .propertyNames()
                    .forEach(
                        method ->
                            documented.add(method.toUpperCase(Locale.ROOT) + " " + path.getKey())));

    assertThat(documented).isEqualTo(served);
  }

  @Test
  void documentHasExactlyTheCodesThatThereAre() {
    List<String> codes = new ArrayList<>();
    document().at("/components/schemas/ErrorCode/enum").forEach(c -> codes.add(c.asString()));

    assertThat(codes).isEqualTo(Arrays.stream(ApiError.values()).map(Enum::name).toList());
    for (ApiError error : ApiError.values()) {
      assertThat(document().at("/components/schemas/ErrorCode/description").asString())
          .contains("`%s` %d".formatted(error, error.status()));
    }
  }

  @Test
  void examplesFitTheirSchemas() {
    List<String> problems = new ArrayList<>();
    JsonNode document = document();
    document
        .get("paths")
        .properties()
        .forEach(
            path ->
                path.getValue()
                    .forEach(
                        operation -> {
                          operation
                              .get("responses")
                              .forEach(
                                  response ->
                                      check(
                                          document,
                                          response.at("/content/application~1json"),
                                          path.getKey(),
                                          problems));
                          check(
                              document,
                              operation.at("/requestBody/content/application~1json"),
                              path.getKey(),
                              problems);
                        }));

    assertThat(problems).isEmpty();
  }

  private static void check(
      JsonNode document, JsonNode content, String path, List<String> problems) {
    if (content.has("example")) {
      fit(document, content.get("schema"), content.get("example"), path, problems);
    }
  }

  @Test
  void answersHaveExactlyTheFieldsOfTheirSchemas() {
    String table = newTable(2, true);
    JsonNode sent = gateway().post(events(table) + "?wait=visible", "[{\"id\":1}]").json();
    List<String> problems = new ArrayList<>();

    compare("IngestAnswer", sent, problems);
    compare(
        "Receipt",
        gateway().get("/v1/receipts/" + sent.get("receipt_id").asString()).json(),
        problems);
    compare("Table", gateway().get("/v1/tables/" + table).json(), problems);
    compare("TableList", gateway().get("/v1/tables").json(), problems);
    compare(
        "QueryAnswer",
        gateway()
            .post("/v1/query", "{\"sql\":\"SELECT count(*) FROM %s\"}".formatted(table))
            .json(),
        problems);
    JsonNode query =
        gateway()
            .post("/v1/queries", "{\"sql\":\"SELECT count(*) FROM %s\"}".formatted(table))
            .json();
    String queryPath = "/v1/queries/" + query.get("query_id").asString();
    compare("Query", query, problems);
    compare("QueryPage", gateway().get("/v1/queries").json(), problems);
    compare("CancelAnswer", gateway().delete(queryPath).json(), problems);
    compare("Query", gateway().get(queryPath).json(), problems);
    compare("SnapshotPage", gateway().get("/v1/snapshots").json(), problems);
    compare(
        "SnapshotDetail",
        gateway().get("/v1/snapshots/" + sent.get("snapshot_id").asLong()).json(),
        problems);
    JsonNode misfit =
        gateway()
            .post(events(table) + "?wait=visible&on_error=quarantine", "[{\"id\":\"x\"}]")
            .json();
    compare("IngestAnswer", misfit, problems);
    JsonNode page = gateway().get("/v1/quarantine?table=" + table).json();
    long entry = page.get("entries").get(0).get("quarantine_id").asLong();
    compare("QuarantinePage", page, problems);
    compare("QuarantineDetail", gateway().get("/v1/quarantine/" + entry).json(), problems);
    compare(
        "QuarantineEntry",
        gateway().post("/v1/quarantine/" + entry + "/replay", "[{\"id\":8}]").json(),
        problems);
    compare("QuarantineDetail", gateway().get("/v1/quarantine/" + entry).json(), problems);
    compare("Lag", gateway().get("/v1/lag").json(), problems);
    JsonNode run = gateway().post("/v1/verify", "").json();
    compare("VerifyRun", run, problems);
    compare("VerifyRunList", gateway().get("/v1/verify").json(), problems);
    compare(
        "VerifyRunDetail",
        gateway().get("/v1/verify/" + run.get("run_id").asString()).json(),
        problems);
    compare("Health", gateway().get("/v1/health").json(), problems);
    compare("Ready", gateway().get("/v1/ready").json(), problems);
    compare("Problem", gateway().get("/v1/tables/never").json(), problems);
    compareMaintenance(table, problems);
    compare("DroppedTable", gateway().delete("/v1/tables/" + table).json(), problems);
    compare("DroppedTableList", gateway().get("/v1/dropped-tables").json(), problems);
    compare("Undropped", gateway().post("/v1/tables/" + table + "/undrop", "").json(), problems);

    assertThat(problems).isEmpty();
  }

  private static void compareMaintenance(String table, List<String> problems) {
    String path = "/v1/tables/" + table;
    for (int id = 2; id < 6; id++) {
      gateway().post(events(table) + "?wait=visible", "[{\"id\":%d}]".formatted(id));
    }
    String dryRun = "{\"dry_run\":true}";
    compare(
        "Table",
        gateway()
            .send("PATCH", path, "{\"policy\":{\"keep_at_least\":7}}", java.util.Map.of())
            .json(),
        problems);
    compare("Policy", gateway().get("/v1/maintenance/policy").json(), problems);
    compare("Pin", gateway().put("/v1/pins/open-api", "{}").json(), problems);
    compare("PinList", gateway().get("/v1/pins").json(), problems);
    compare("Unpinned", gateway().delete("/v1/pins/open-api").json(), problems);
    compare(
        "RestoreAnswer",
        gateway()
            .post(
                path + "/restore",
                "{\"dry_run\":true,\"as_of\":\"%s\"}".formatted(java.time.Instant.now()))
            .json(),
        problems);
    compare("CompactPlan", gateway().post(path + "/compact", dryRun).json(), problems);
    compare("CompactPlans", gateway().post("/v1/maintenance/compact", dryRun).json(), problems);
    compare("ExpirePlan", gateway().post("/v1/maintenance/expire", dryRun).json(), problems);
    compare("CollectPlan", gateway().post("/v1/maintenance/collect", dryRun).json(), problems);
    compare("VerifyPlan", gateway().post("/v1/maintenance/verify", dryRun).json(), problems);
    JsonNode started = gateway().post(path + "/compact", "").json();
    compare("StartedRun", started, problems);
    compare(
        "MaintenanceRun",
        gateway().get("/v1/maintenance/runs/" + started.get("run_id").asString()).json(),
        problems);
    compare("MaintenanceRunPage", gateway().get("/v1/maintenance/runs").json(), problems);
    compare("Backlog", gateway().get("/v1/maintenance").json(), problems);
  }

  private static void compare(String schema, JsonNode answer, List<String> problems) {
    JsonNode document = document();
    fit(document, document.at("/components/schemas/" + schema), answer, schema, problems);
  }

  /** The part of JSON Schema that the document uses: references, types, properties, items. */
  private static void fit(
      JsonNode document, JsonNode schema, JsonNode value, String path, List<String> problems) {
    if (schema.has("$ref")) {
      fit(document, document.at(schema.get("$ref").asString().substring(1)), value, path, problems);
      return;
    }
    if (schema.has("oneOf")) {
      boolean any = false;
      for (JsonNode choice : schema.get("oneOf")) {
        List<String> own = new ArrayList<>();
        fit(document, choice, value, path, own);
        any |= own.isEmpty();
      }
      if (!any) {
        problems.add(path + " fits none of its choices: " + value);
      }
      return;
    }
    if (schema.has("type") && !typeFits(schema.get("type"), value)) {
      problems.add(path + " is not " + schema.get("type") + ": " + value);
      return;
    }
    if (value.isObject() && schema.has("properties")) {
      for (JsonNode required : schema.path("required")) {
        if (!value.has(required.asString())) {
          problems.add(path + " lacks " + required.asString());
        }
      }
      value
          .properties()
          .forEach(
              field -> {
                JsonNode property = schema.get("properties").get(field.getKey());
                if (property != null) {
                  fit(document, property, field.getValue(), path + "." + field.getKey(), problems);
                } else if (schema.has("additionalProperties")) {
                  problems.add(path + " has " + field.getKey());
                }
              });
    }
    if (value.isArray() && schema.has("items")) {
      value.forEach(item -> fit(document, schema.get("items"), item, path + "[]", problems));
    }
  }

  private static boolean typeFits(JsonNode type, JsonNode value) {
    if (type.isArray()) {
      for (JsonNode one : type) {
        if (typeFits(one, value)) {
          return true;
        }
      }
      return false;
    }
    return switch (type.asString()) {
      case "object" -> value.isObject();
      case "array" -> value.isArray();
      case "string" -> value.isString();
      case "integer" -> value.isIntegralNumber();
      case "number" -> value.isNumber();
      case "boolean" -> value.isBoolean();
      default -> value.isNull();
    };
  }
}
