package io.duckmesh.engine.query.duckdb;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.duckmesh.engine.query.CheckedQuery;
import io.duckmesh.engine.query.QueryParameters;
import io.duckmesh.engine.query.QueryRejectedException;
import io.duckmesh.engine.schema.ColumnType;
import java.nio.charset.StandardCharsets;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedDeque;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Decides which statements run, by DuckDB's own parser on an instance that holds nothing. May be
 * used from any thread.
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
  private final DuckDBConnection instance;
  private final String version;
  private final NativeThreads threads;
  private final ConcurrentLinkedDeque<Parser> parsers = new ConcurrentLinkedDeque<>();

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

  private QueryGuard(DuckDBConnection instance, String version, NativeThreads threads) {
    this.instance = instance;
    this.version = version;
    this.threads = threads;
  }

  /**
   * @param threads where it parses; not closed by this
   */
  static QueryGuard open(NativeThreads threads) {
    try {
      DuckDBConnection instance =
          DriverManager.getConnection("jdbc:duckdb:").unwrap(DuckDBConnection.class);
      try (Statement statement = instance.createStatement()) {
        for (String setting : DuckDbSql.parsingInstance()) {
          statement.execute(setting);
        }
      }
      return new QueryGuard(instance, instance.getMetaData().getDatabaseProductVersion(), threads);
    } catch (SQLException e) {
      throw new IllegalStateException("Cannot open DuckDB as parser", e);
    }
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
    String unexplained = ExplainPrefix.remove(sql);
    String tree = withParser(parser -> parser.parse(unexplained));
    JsonNode parsed = onlyStatement(sql, tree);
    StatementTree statement = StatementTree.check(sql, parsed, rules);
    boolean listsTables = !statement.catalogViews().isEmpty();
    CheckedQuery query =
        new CheckedQuery(
            sql,
            statement.tables(),
            tree,
            listsTables,
            List.of(),
            !listsTables && Repeatability.of(parsed),
            Repeatability.isOrdered(parsed));
    checked.put(sql, query);
    return query;
  }

  /**
   * The text to run: the client's own, or one in which pinned tables are named by their views and
   * parameters by numbers, with their types.
   *
   * @throws QueryRejectedException if there is not one value for each parameter
   */
  RunnableStatement runnable(CheckedQuery query, QueryParameters parameters) {
    ParameterNames names = ParameterNames.of(parameters);
    return runnable.get(
        new RunnableKey(query.sql(), names.signature()), key -> prepare(query, names));
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
        withParser(parser -> parser.print(edited)),
        names,
        catalogViews,
        explain,
        ScanConditions.of(statement));
  }

  /** The tree of the expression that gives a parameter its type. */
  private ObjectNode castTo(ColumnType type) {
    String tree = withParser(parser -> parser.parse("SELECT " + DuckDbSql.typedParameter(type)));
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

  private String withParser(ParserCall call) {
    return threads.call(() -> callParser(call));
  }

  private String callParser(ParserCall call) {
    Parser parser = parsers.poll();
    try {
      if (parser == null) {
        parser = new Parser(instance.duplicate().unwrap(DuckDBConnection.class));
      }
      String result = call.apply(parser);
      parsers.push(parser);
      return result;
    } catch (SQLException e) {
      if (parser != null) {
        parser.close();
      }
      throw new QueryRejectedException(
          "Statement can not be parsed: " + DuckDbFailures.sentence(e.getMessage()), e);
    }
  }

  @Override
  public void close() {
    Parser parser = parsers.poll();
    while (parser != null) {
      parser.close();
      parser = parsers.poll();
    }
    DuckDbFailures.closeQuietly(instance);
  }

  private interface ParserCall {
    String apply(Parser parser) throws SQLException;
  }

  /** A connection of the parsing instance, used by one thread at a time. */
  private static final class Parser {
    private final DuckDBConnection connection;
    private @Nullable PreparedStatement parse;

    Parser(DuckDBConnection connection) {
      this.connection = connection;
    }

    String parse(String sql) throws SQLException {
      if (parse == null) {
        parse = connection.prepareStatement("SELECT json_serialize_sql(CAST(? AS VARCHAR))");
      }
      return first(parse, sql);
    }

    String print(String tree) throws SQLException {
      try (PreparedStatement statement =
          connection.prepareStatement("SELECT json_deserialize_sql(CAST(? AS JSON))")) {
        return first(statement, tree);
      }
    }

    private static String first(PreparedStatement statement, String argument) throws SQLException {
      statement.setString(1, argument);
      try (ResultSet rows = statement.executeQuery()) {
        rows.next();
        return rows.getString(1);
      }
    }

    void close() {
      DuckDbFailures.closeQuietly(connection);
    }
  }
}
