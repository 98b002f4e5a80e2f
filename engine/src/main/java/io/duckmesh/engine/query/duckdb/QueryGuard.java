package io.duckmesh.engine.query.duckdb;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.duckmesh.engine.query.CheckedQuery;
import io.duckmesh.engine.query.QueryParameters;
import io.duckmesh.engine.query.QueryRejectedException;
import io.duckmesh.engine.schema.ColumnType;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import org.apache.arrow.memory.BufferAllocator;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Decides which statements run, by DuckDB's own parser in a process that holds nothing. May be used
 * from any thread.
 */
final class QueryGuard implements AutoCloseable {
  /** Longer statements are refused unread. */
  private static final int MAX_SQL_BYTES = 1 << 20;

  /** Levels of the tree; DuckDB's parser stops before, so this only bounds the walk's stack. */
  private static final int MAX_DEPTH = 4_000;

  private static final long CACHED_CHARACTERS = 8 << 20;

  private final FunctionRules rules = FunctionRules.load();
  private final ObjectMapper json =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
                  .build())
          .build();
  private final StatementParser parser;
  private final String version;
  private final WorkThreads threads;

  /**
   * Statements that passed and their trees, since dashboards send the same ones again and again.
   */
  private final Cache<String, CheckedQuery> checked =
      Caffeine.newBuilder()
          .maximumWeight(CACHED_CHARACTERS)
          .<String, CheckedQuery>weigher((sql, query) -> sql.length() + query.tree().length())
          .build();

  private final Cache<RunnableKey, RunnableStatement> runnable =
      Caffeine.newBuilder()
          .maximumWeight(CACHED_CHARACTERS)
          .<RunnableKey, RunnableStatement>weigher((key, run) -> key.size() + run.sql().length())
          .build();

  /** Trees of expressions that give a parameter its type. */
  private final Cache<ColumnType, ObjectNode> casts =
      Caffeine.newBuilder().maximumSize(1_000).build();

  private record RunnableKey(String sql, String parameters) {
    int size() {
      return sql.length() + parameters.length();
    }
  }

  private QueryGuard(StatementParser parser, String version, WorkThreads threads) {
    this.parser = parser;
    this.version = version;
    this.threads = threads;
  }

  /**
   * @param allocator for what the parser says; not closed by this
   * @param threads where trees are walked, as deep as they are; not closed by this
   */
  static QueryGuard open(BufferAllocator allocator, WorkThreads threads) {
    StatementParser parser = StatementParser.open(allocator);
    return new QueryGuard(parser, parser.version(), threads);
  }

  /** DuckDB's version. */
  String version() {
    return version;
  }

  CheckedQuery check(String sql) {
    CheckedQuery known = checked.getIfPresent(sql);
    if (known != null) {
      return known;
    }
    // C reads a text up to the first zero, so what follows one would run unseen or not at all.
    if (sql.indexOf('\0') >= 0) {
      throw new QueryRejectedException("Statement holds a zero character");
    }
    if (sql.getBytes(StandardCharsets.UTF_8).length > MAX_SQL_BYTES) {
      throw new QueryRejectedException(
          "Statement is longer than %d bytes".formatted(MAX_SQL_BYTES));
    }
    CheckedQuery query = threads.call(() -> parse(sql));
    checked.put(sql, query);
    return query;
  }

  private CheckedQuery parse(String sql) {
    String tree = parser.parse(ExplainPrefix.remove(sql));
    JsonNode parsed = onlyStatement(sql, tree);
    StatementTree statement = StatementTree.check(sql, parsed, rules);
    boolean listsTables = !statement.catalogViews().isEmpty();
    return new CheckedQuery(
        sql,
        statement.tables(),
        tree,
        listsTables,
        List.of(),
        !listsTables && Repeatability.of(parsed),
        Repeatability.isOrdered(parsed));
  }

  /**
   * The text to run: the client's own, or one in which pinned tables are named by their views and
   * parameters by numbers, with their types.
   *
   * @throws QueryRejectedException if there is not one value for each parameter
   */
  RunnableStatement runnable(CheckedQuery query, QueryParameters parameters) {
    ParameterNames names = ParameterNames.of(parameters);
    RunnableKey key = new RunnableKey(query.sql(), names.signature());
    RunnableStatement known = runnable.getIfPresent(key);
    if (known != null) {
      return known;
    }
    RunnableStatement prepared = threads.call(() -> prepare(query, names));
    runnable.put(key, prepared);
    return prepared;
  }

  private RunnableStatement prepare(CheckedQuery query, ParameterNames values) {
    JsonNode document = read(query.tree());
    JsonNode statement = document.path("statements").path(0);
    StatementTree tree = StatementTree.check(query.sql(), statement, rules);
    values.check(tree.parameters());
    List<String> names = values.inOrder(tree.parameters());
    String unexplained = ExplainPrefix.remove(query.sql());
    boolean explain = !unexplained.equals(query.sql());
    Set<CatalogView> catalogViews = tree.catalogViews();
    if (!tree.pinsTables() && catalogViews.isEmpty() && values.areNumbers()) {
      return new RunnableStatement(
          unexplained, names, catalogViews, explain, ScanConditions.of(statement));
    }
    tree.nameViews();
    if (!values.areNumbers()) {
      for (int i = 0; i < names.size(); i++) {
        ColumnType type = values.type(names.get(i));
        tree.numberParameter(
            names.get(i), i + 1, type == null ? null : casts.get(type, this::castTo));
      }
    }
    String edited = json.writeValueAsString(document);
    return new RunnableStatement(
        parser.print(edited), names, catalogViews, explain, ScanConditions.of(statement));
  }

  /** The tree of the expression that gives a parameter its type. */
  private ObjectNode castTo(ColumnType type) {
    String tree = parser.parse("SELECT " + DuckDbSql.typedParameter(type));
    JsonNode cast = read(tree).path("statements").path(0).path("node").path("select_list").path(0);
    if (cast instanceof ObjectNode expression) {
      return expression;
    }
    throw new QueryRejectedException("A parameter can not be of type " + type);
  }

  private JsonNode onlyStatement(String sql, String tree) {
    JsonNode document = read(tree);
    if (document.path("error").asBoolean(true)) {
      throw refusal(sql, document);
    }
    JsonNode statements = document.path("statements");
    if (statements.size() != 1) {
      throw new QueryRejectedException(
          statements.isEmpty()
              ? "Statement is empty"
              : "One statement is allowed, these are " + statements.size());
    }
    return statements.path(0);
  }

  private JsonNode read(String tree) {
    try {
      return json.readTree(tree);
    } catch (JacksonException e) {
      throw new QueryRejectedException("Statement is nested too deeply", e);
    }
  }

  private static QueryRejectedException refusal(String sql, JsonNode document) {
    String message = document.path("error_message").asString("");
    if (document.path("error_type").asString("").equals("not implemented")) {
      return new QueryRejectedException(
          message.startsWith("Only SELECT")
              ? "Only a SELECT is allowed, perhaps with EXPLAIN, and PIVOT only in FROM"
              : message);
    }
    String position = document.path("position").asString("");
    String place =
        position.isEmpty()
            ? ""
            : " (%s)".formatted(StatementPosition.of(sql, Long.parseLong(position)));
    return new QueryRejectedException(DuckDbFailures.sentence(message) + place);
  }

  @Override
  public void close() {
    parser.close();
  }
}
