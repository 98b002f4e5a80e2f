package io.duckmesh.api.json;

import io.duckmesh.api.problem.ApiError;
import io.duckmesh.api.problem.ProblemException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * A JSON object of a request, read field by field. Problems are collected, so that a client learns
 * all of them at once; what {@link #check} has not thrown is right.
 */
public final class JsonFields {
  private final JsonNode object;
  private final String path;
  private final List<Map<String, Object>> problems;
  private final Set<String> read = new LinkedHashSet<>();

  private JsonFields(JsonNode object, String path, List<Map<String, Object>> problems) {
    this.object = object;
    this.path = path;
    this.problems = problems;
  }

  /**
   * Parses the body.
   *
   * @throws ProblemException if it is not one JSON object
   */
  public static JsonFields parse(byte[] body) {
    JsonNode node;
    try {
      node = ApiJson.read(body);
    } catch (JacksonException e) {
      throw new ProblemException(
          ApiError.INVALID_REQUEST, "The body is not valid JSON: " + describe(e));
    }
    if (node == null || !node.isObject()) {
      throw new ProblemException(ApiError.INVALID_REQUEST, "The body is not a JSON object");
    }
    JsonFields fields = new JsonFields(node, "", new ArrayList<>());
    fields.refuseHalfCharacters("", node);
    fields.check();
    return fields;
  }

  /** Half a surrogate pair has no UTF-8: it would become another character on the way. */
  private void refuseHalfCharacters(String place, JsonNode node) {
    if (node.isString() && !isUnicode(node.stringValue())) {
      problem(place, "has half of a surrogate pair, which is not Unicode");
    } else if (node.isArray()) {
      for (int i = 0; i < node.size(); i++) {
        refuseHalfCharacters(place + "[" + i + "]", node.get(i));
      }
    } else if (node.isObject()) {
      for (Map.Entry<String, JsonNode> entry : node.properties()) {
        if (!isUnicode(entry.getKey())) {
          problem(place, "has a name with half of a surrogate pair, which is not Unicode");
        }
        String name = place.isEmpty() ? entry.getKey() : place + "." + entry.getKey();
        refuseHalfCharacters(name, entry.getValue());
      }
    }
  }

  private static boolean isUnicode(String text) {
    return StandardCharsets.UTF_8.newEncoder().canEncode(text);
  }

  private static String describe(JacksonException e) {
    String where =
        e.getLocation() == null
            ? ""
            : " (line %d, column %d)"
                .formatted(e.getLocation().getLineNr(), e.getLocation().getColumnNr());
    return e.getOriginalMessage() + where;
  }

  /** Adds a problem with a field. */
  public void problem(String field, String problem) {
    Map<String, Object> entry = new LinkedHashMap<>();
    entry.put("field", path + field);
    entry.put("problem", problem);
    problems.add(entry);
  }

  /** Says what a field still unknown to this version is; if it is there, that is a problem. */
  public void refuse(String field, String problem) {
    if (find(field) != null) {
      problem(field, problem);
    }
  }

  public boolean has(String field) {
    JsonNode node = object.get(field);
    return node != null && !node.isNull();
  }

  /** A time of RFC 3339 in the years 0001 to 9999; null if there is none, or it is not one. */
  public @Nullable Instant instant(String field) {
    String text = text(field);
    if (text == null) {
      return null;
    }
    try {
      Instant instant = OffsetDateTime.parse(text).toInstant();
      if (Times.possible(instant)) {
        return instant;
      }
      problem(field, "is not between the years 0001 and 9999: " + text);
    } catch (DateTimeException e) {
      problem(field, "is not an RFC 3339 time such as 2026-01-31T12:00:00Z: " + text);
    }
    return null;
  }

  public @Nullable String text(String field) {
    JsonNode node = find(field);
    if (node == null) {
      return null;
    }
    if (!node.isString()) {
      problem(field, "is not a string");
      return null;
    }
    return node.asString();
  }

  /** The text of a field that must be there; the empty string beside a problem. */
  public String requiredText(String field) {
    String text = text(field);
    if (text == null) {
      if (!has(field)) {
        problem(field, "is missing");
      }
      return "";
    }
    if (text.isBlank()) {
      problem(field, "is empty");
    }
    return text;
  }

  public boolean flag(String field) {
    JsonNode node = find(field);
    if (node != null && !node.isBoolean()) {
      problem(field, "is not true or false");
      return false;
    }
    return node != null && node.asBoolean();
  }

  /** A whole number within the bounds, null when the field is not there or wrong. */
  public @Nullable Long number(String field, long min, long max) {
    JsonNode node = find(field);
    if (node == null) {
      return null;
    }
    if (!node.isIntegralNumber() || !node.canConvertToLong()) {
      problem(field, "is not a whole number");
      return null;
    }
    long value = node.asLong();
    if (value < min || value > max) {
      problem(field, "is %d, possible are %d to %d".formatted(value, min, max));
      return null;
    }
    return value;
  }

  /** Texts of an array; empty when the field is not there. */
  public List<String> texts(String field) {
    JsonNode node = find(field);
    List<String> texts = new ArrayList<>();
    if (node == null) {
      return texts;
    }
    if (!node.isArray()) {
      problem(field, "is not an array of strings");
      return texts;
    }
    for (int i = 0; i < node.size(); i++) {
      if (node.get(i).isString()) {
        texts.add(node.get(i).asString());
      } else {
        problem(field + "[" + i + "]", "is not a string");
      }
    }
    return texts;
  }

  /** A string or an array of strings. */
  public List<String> oneOrMoreTexts(String field) {
    JsonNode node = object.get(field);
    if (node != null && node.isString()) {
      read.add(field);
      return List.of(node.asString());
    }
    return texts(field);
  }

  /** The raw values of an array; empty when the field is not there. */
  public List<JsonNode> values(String field) {
    JsonNode node = find(field);
    List<JsonNode> values = new ArrayList<>();
    if (node == null) {
      return values;
    }
    if (!node.isArray()) {
      problem(field, "is not an array");
      return values;
    }
    node.forEach(values::add);
    return values;
  }

  /** The raw value, JSON null included; null when the field is not there. */
  public @Nullable JsonNode value(String field) {
    read.add(field);
    return object.get(field);
  }

  /** The objects of an array; empty when the field is not there. */
  public List<JsonFields> objects(String field) {
    List<JsonFields> objects = new ArrayList<>();
    List<JsonNode> values = values(field);
    for (int i = 0; i < values.size(); i++) {
      String name = field + "[" + i + "]";
      if (values.get(i).isObject()) {
        objects.add(new JsonFields(values.get(i), path + name + ".", problems));
      } else {
        problem(name, "is not an object");
      }
    }
    return objects;
  }

  /** The object of a field, null when it is not there or wrong. */
  public @Nullable JsonFields object(String field) {
    JsonNode node = find(field);
    if (node == null) {
      return null;
    }
    if (!node.isObject()) {
      problem(field, "is not an object");
      return null;
    }
    return new JsonFields(node, path + field + ".", problems);
  }

  /** Adds a problem for every field that nobody has asked for. */
  public void refuseUnknown() {
    for (String name : object.propertyNames()) {
      if (!read.contains(name)) {
        problem(name, "is not known here");
      }
    }
  }

  /**
   * Ends the reading.
   *
   * @throws ProblemException if there was any problem, naming all of them
   */
  public void check() {
    if (problems.isEmpty()) {
      return;
    }
    StringBuilder detail = new StringBuilder();
    for (Map<String, Object> problem : problems) {
      detail
          .append(detail.isEmpty() ? "" : "; ")
          .append(problem.get("field"))
          .append(' ')
          .append(problem.get("problem"));
    }
    throw new ProblemException(
        ApiError.INVALID_REQUEST, detail.toString(), Map.of("problems", problems));
  }

  private @Nullable JsonNode find(String field) {
    read.add(field);
    JsonNode node = object.get(field);
    return node == null || node.isNull() ? null : node;
  }
}
