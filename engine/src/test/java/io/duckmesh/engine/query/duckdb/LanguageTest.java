package io.duckmesh.engine.query.duckdb;

import static io.duckmesh.engine.parquet.RowBatches.row;
import static io.duckmesh.engine.parquet.RowBatches.schema;
import static io.duckmesh.engine.query.duckdb.QueryFixture.positional;
import static io.duckmesh.engine.query.duckdb.QueryFixture.table;
import static io.duckmesh.engine.query.duckdb.QueryFixture.tableAt;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.duckmesh.engine.query.BoundTable;
import io.duckmesh.engine.query.BoundTable.TableFile;
import io.duckmesh.engine.query.CheckedQuery;
import io.duckmesh.engine.query.ListedTable;
import io.duckmesh.engine.query.QueryExecution;
import io.duckmesh.engine.query.QueryLimits;
import io.duckmesh.engine.query.QueryParameters;
import io.duckmesh.engine.query.QueryRejectedException;
import io.duckmesh.engine.query.ResultFormat;
import io.duckmesh.engine.query.TableReference;
import io.duckmesh.engine.schema.Column;
import io.duckmesh.engine.schema.ColumnType.Primitive;
import io.duckmesh.engine.schema.RowSchema;
import io.duckmesh.engine.schema.TypeParser;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What may stand beside and in a SELECT: plans, descriptions, the catalog, versions. */
class LanguageTest {
  private static final RowSchema EVENTS = schema("id INTEGER", "name VARCHAR");

  private static final RowSchema PRICES =
      new RowSchema(
          3,
          List.of(
              new Column(1, "id", Primitive.BIGINT, true, null),
              new Column(4, "price", TypeParser.parse("DECIMAL(10,2)"), false, "1.5"),
              new Column(2, "seen", Primitive.TIMESTAMPTZ, false, null),
              new Column(3, "it's", TypeParser.parse("STRUCT(a INTEGER)[]"), false, null)));

  private static final List<ListedTable> LISTED =
      List.of(new ListedTable("prices", PRICES), new ListedTable("My 'events'", EVENTS));

  @TempDir private static Path folder;
  private static QueryFixture fixture;
  private static BoundTable events;
  private static BoundTable first;
  private static BoundTable second;

  @BeforeAll
  static void open() {
    fixture = new QueryFixture(folder);
    TableFile one = fixture.file(EVENTS, row(1, "a"), row(2, "b"));
    TableFile two = fixture.file(EVENTS, row(3, "c"));
    TableFile three = fixture.file(EVENTS, row(4, null));
    events = table("events", EVENTS, one, two, three);
    first = tableAt(1, "events", EVENTS, one);
    second = tableAt(2, "events", EVENTS, one, two);
  }

  @AfterAll
  static void close() {
    fixture.close();
  }

  private static String listing(String sql, QueryParameters parameters) {
    CheckedQuery query = fixture.engine.check(sql);
    assertThat(query.listsTables()).isTrue();
    try (QueryExecution execution =
        fixture.engine.start(
            "q-1",
            QueryFixture.TENANT,
            query.listing(LISTED),
            List.of(),
            parameters,
            QueryLimits.DEFAULTS)) {
      return QueryFixture.text(ResultFormat.JSON_ROWS, execution);
    }
  }

  private static String listing(String sql) {
    return listing(sql, QueryParameters.NONE);
  }

  @Test
  void planIsShownWithoutFiles() {
    String plan = fixture.query("EXPLAIN SELECT count(*) FROM events WHERE id > 2", events);

    assertThat(plan)
        .startsWith("[[\"physical_plan\",\"UNGROUPED_AGGREGATE")
        .contains("aggregates: count_star()")
        .contains("filters: ")
        .doesNotContain(folder.toString())
        .doesNotContain(".parquet")
        .doesNotContain("files_");
  }

  @Test
  void planShowsParametersAndVersions() {
    try (QueryExecution execution =
        fixture.start(
            "EXPLAIN FROM events AT (VERSION => 1) WHERE id = ?", positional(7L), first)) {
      assertThat(execution.columns().getFirst().name()).isEqualTo("explain_key");
      assertThat(QueryFixture.text(ResultFormat.JSON_ROWS, execution))
          .contains("7")
          .doesNotContain(".parquet");
    }
  }

  @Test
  void tableIsDescribed() {
    assertThat(fixture.query("DESCRIBE events", events))
        .isEqualTo(
            "[[\"id\",\"INTEGER\",\"YES\",null,null,null],\n"
                + "[\"name\",\"VARCHAR\",\"YES\",null,null,null]]");
    assertThat(fixture.query("SELECT column_name FROM (DESCRIBE SELECT 1 AS x)"))
        .isEqualTo("[[\"x\"]]");
    assertThat(fixture.query("DESCRIBE SELECT id AS old FROM events AT (VERSION => 1)", first))
        .startsWith("[[\"old\",\"INTEGER\"");
  }

  @Test
  void tableIsSummarized() {
    assertThat(fixture.query("SELECT column_name, min, max, count FROM (SUMMARIZE events)", events))
        .isEqualTo("[[\"id\",\"1\",\"4\",4],\n[\"name\",\"a\",\"c\",4]]");
  }

  @Test
  void tablesAreShown() {
    assertThat(listing("SHOW TABLES")).isEqualTo("[[\"My 'events'\"],\n[\"prices\"]]");
    assertThat(listing("SELECT upper(name) FROM (SHOW TABLES) WHERE name LIKE 'p%'"))
        .isEqualTo("[[\"PRICES\"]]");
  }

  @Test
  void informationSchemaShowsTheTenantsTables() {
    assertThat(
            listing(
                """
                SELECT table_schema = current_schema(), table_catalog = current_database(),
                  table_name, table_type
                FROM information_schema.tables ORDER BY table_name
                """))
        .isEqualTo(
            "[[true,true,\"My 'events'\",\"BASE TABLE\"],\n[true,true,\"prices\",\"BASE TABLE\"]]");
    assertThat(
            listing(
                """
                SELECT c.column_name, ordinal_position, column_default, is_nullable, data_type,
                  numeric_precision, numeric_scale, datetime_precision
                FROM Information_Schema.Columns c JOIN information_schema.tables USING (table_name)
                WHERE table_name = $1 ORDER BY ordinal_position
                """,
                positional("prices")))
        .isEqualTo(
            "[[\"id\",1,null,\"NO\",\"BIGINT\",64,0,null],\n"
                + "[\"price\",2,\"1.5\",\"YES\",\"DECIMAL(10,2)\",10,2,null],\n"
                + "[\"seen\",3,null,\"YES\",\"TIMESTAMPTZ\",null,null,6],\n"
                + "[\"it's\",4,null,\"YES\",\"STRUCT(a INTEGER)[]\",null,null,null]]");
    assertThat(listing("SELECT schema_name FROM information_schema.schemata"))
        .isEqualTo("[[\"main\"]]");
  }

  @Test
  void listOfTablesIsThatOfTheQuery() {
    CheckedQuery query = fixture.engine.check("SELECT count(*) FROM information_schema.tables");

    assertThat(listing("SELECT count(*) FROM information_schema.tables")).isEqualTo("[[2]]");
    try (QueryExecution execution =
        fixture.engine.start(
            "q-1",
            QueryFixture.TENANT,
            query.listing(List.of()),
            List.of(),
            QueryParameters.NONE,
            QueryLimits.DEFAULTS)) {
      assertThat(QueryFixture.text(ResultFormat.JSON_ROWS, execution)).isEqualTo("[[0]]");
    }
  }

  @Test
  void viewsOfTheCatalogAreNoTablesByTheirOwnNames() {
    listing("SHOW TABLES");

    for (CatalogView view : CatalogView.values()) {
      assertThatThrownBy(() -> fixture.query("FROM \"" + view.viewName() + "\""))
          .isInstanceOf(QueryRejectedException.class)
          .hasMessageEndingWith("does not exist");
    }
  }

  // Versions

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      textBlock =
          """
          SELECT count(*) FROM events AT (VERSION => 1) | [[2]]
          SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM events AT (VERSION => 2)), (SELECT count(*) FROM events AT (VERSION => 1)) | [[4,3,2]]
          SELECT id FROM events EXCEPT SELECT id FROM events AT (VERSION => 1) ORDER BY ALL | [[3],[4]]
          FROM events AT (VERSION => 2) EXCEPT FROM events AT (VERSION => 1) | [[3,"c"]]
          SELECT n.id, o.id FROM events n FULL JOIN events o AT (VERSION => 1) USING (id) ORDER BY 1 | [[1,1],[2,2],[3,null],[4,null]]
          SELECT a.id FROM events AS a AT (VERSION => 2) ANTI JOIN events AS b AT (VERSION => 1) ON a.id = b.id | [[3]]
          SELECT "EVENTS"."ID" FROM "Events" AT (VERSION => 1) ORDER BY 1 | [[1],[2]]
          SELECT "x y".id FROM events "x y" AT (version => 1) ORDER BY 1 LIMIT 1 | [[1]]
          SELECT e.a, e.b FROM events e(a, b) AT (VERSION => 1) ORDER BY 1 LIMIT 1 | [[1,"a"]]
          WITH o AS (FROM events AT (VERSION => 1)), n AS (FROM events) SELECT count(*) FROM n WHERE id NOT IN (SELECT id FROM o) | [[2]]
          WITH events AS (SELECT id FROM events AT (VERSION => 1)) SELECT count(*) FROM events | [[2]]
          WITH events AS (SELECT 7 AS id) SELECT e.id, o.id FROM events e, events o AT (VERSION => 1) ORDER BY 2 | [[7,1],[7,2]]
          SELECT id FROM events n WHERE NOT EXISTS (FROM events o AT (VERSION => 2) WHERE o.id = n.id) | [[4]]
          SELECT n.id, l.c FROM events n, LATERAL (SELECT count(*) c FROM events o AT (VERSION => 1) WHERE o.id < n.id) l ORDER BY 1 | [[1,0],[2,1],[3,2],[4,2]]
          SELECT sum(id) OVER (ORDER BY id) FROM events AT (VERSION => 1) ORDER BY 1 | [[1],[3]]
          WITH RECURSIVE r AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM r WHERE i < (SELECT count(*) FROM events AT (VERSION => 2))) SELECT max(i) FROM r | [[3]]
          SELECT * FROM (PIVOT (FROM events AT (VERSION => 1)) ON name IN ('a', 'b') USING sum(id)) | [[1,2]]
          SELECT id FROM events AT (VERSION => 1) UNION ALL SELECT id FROM events AT (VERSION => 1) ORDER BY 1 | [[1],[1],[2],[2]]
          """)
  void tableIsReadAtItsVersions(String sql, String expected) {
    assertThat(fixture.query(sql, withNames(sql)).replace("\n", "").replace("\"x\":", ""))
        .isEqualTo(expected);
  }

  /** The references of the statement, as they are written there, bound to their files. */
  private static BoundTable[] withNames(String sql) {
    return fixture.engine.check(sql).tables().stream()
        .map(
            reference -> {
              Long version = reference.version();
              BoundTable table = version == null ? events : version == 1 ? first : second;
              return new BoundTable(reference, table.stateId(), table.schema(), table.files());
            })
        .toArray(BoundTable[]::new);
  }

  @Test
  void timesStandBesideVersions() {
    BoundTable then =
        new BoundTable(
            new TableReference("events", null, "2026-01-31 12:00"),
            first.stateId(),
            EVENTS,
            first.files());

    assertThat(
            fixture.query(
                """
                SELECT count(*) FROM events WHERE id NOT IN
                  (SELECT id FROM events AT (TIMESTAMP => '2026-01-31 12:00'))
                """,
                events,
                then))
        .isEqualTo("[[2]]");
  }
}
