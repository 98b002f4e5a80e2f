package io.duckmesh.api.query;

import io.duckmesh.engine.query.BoundTable;
import io.duckmesh.engine.query.JsonStyle;
import io.duckmesh.engine.query.ParameterValue;
import io.duckmesh.engine.query.QueryParameters;
import io.duckmesh.engine.query.TableReference;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The {@code ETag} of an answer: what it is computed from, in place of what it is. Equal tags mean
 * an answer that is as good as the other: the same statement over the same states of the same
 * tables. They are weak, since query id and times differ, and the order of rows may where the
 * statement leaves it open.
 */
final class AnswerTag {
  /** To be changed with whatever changes how the same rows are written. */
  private static final String VERSION = "1";

  private static final int BYTES = 16;

  private final MessageDigest digest;

  private AnswerTag(MessageDigest digest) {
    this.digest = digest;
  }

  /**
   * The tag of the query's answer, null if the same query may have another answer another time.
   *
   * @param engineVersion of what computes it
   */
  static @Nullable String of(PreparedQuery query, AnswerFormat format, String engineVersion) {
    if (!query.checked().repeatable()) {
      return null;
    }
    QueryRequest asked = query.asked();
    JsonStyle style = asked.jsonStyle();
    AnswerTag tag = new AnswerTag(sha256());
    tag.add(VERSION).add(engineVersion).add(query.caller().tenant().value()).add(asked.sql());
    tag.add(format.name()).add(style.integers().name()).add(style.decimals().name());
    tag.add(asked.limits().maxRows()).add(asked.limits().maxBytes());
    tag.add(asked.parameters());
    List<BoundTable> tables =
        query.tables().stream()
            .sorted(Comparator.comparing(table -> table.reference().toString()))
            .toList();
    tag.add(tables.size());
    for (BoundTable table : tables) {
      TableReference reference = table.reference();
      tag.add(reference.toString()).add(table.stateId());
    }
    return tag.weak();
  }

  /** Whether the value of {@code If-None-Match} names the tag. */
  static boolean matches(@Nullable String ifNoneMatch, String tag) {
    if (ifNoneMatch == null) {
      return false;
    }
    if (ifNoneMatch.strip().equals("*")) {
      return true;
    }
    // Tags of ours hold no comma, so what has one inside is another's.
    for (String candidate : ifNoneMatch.split(",", -1)) {
      if (opaque(candidate.strip()).equals(opaque(tag))) {
        return true;
      }
    }
    return false;
  }

  private static String opaque(String tag) {
    return tag.startsWith("W/") ? tag.substring(2) : tag;
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256", e);
    }
  }

  /** Each part has its length in front, so that no two lists of parts are the same bytes. */
  private AnswerTag add(String part) {
    byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
    add(bytes.length);
    digest.update(bytes);
    return this;
  }

  private AnswerTag add(long number) {
    digest.update(ByteBuffer.allocate(Long.BYTES).putLong(number).flip());
    return this;
  }

  private void add(QueryParameters parameters) {
    switch (parameters) {
      case QueryParameters.Positional positional -> {
        add("positional").add(positional.values().size());
        positional.values().forEach(this::add);
      }
      case QueryParameters.Named named -> {
        add("named").add(named.values().size());
        new TreeMap<>(named.values()).forEach((name, value) -> add(name).add(value));
      }
    }
  }

  private void add(ParameterValue parameter) {
    switch (parameter) {
      case ParameterValue.Plain plain -> {
        Object value = plain.value();
        add(value == null ? "" : value.getClass().getName()).add(String.valueOf(value));
      }
      case ParameterValue.Typed typed -> {
        String text = typed.text();
        add(typed.type().toString()).add(text == null ? 0 : 1).add(text == null ? "" : text);
      }
    }
  }

  private String weak() {
    return "W/\"%s\"".formatted(HexFormat.of().formatHex(digest.digest(), 0, BYTES));
  }
}
