package io.duckmesh.engine.query.duckdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.duckmesh.engine.query.CheckedQuery;
import io.duckmesh.engine.query.QueryParameters;
import io.duckmesh.engine.query.QueryRejectedException;
import io.duckmesh.engine.query.TableReference;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class QueryGuardTest {
  private static BufferAllocator allocator;
  private static WorkThreads threads;
  private static QueryGuard guard;

  @BeforeAll
  static void open() {
    allocator = new RootAllocator();
    threads = new WorkThreads();
    guard = QueryGuard.open(allocator, threads);
  }

  @AfterAll
  static void close() {
    guard.close();
    threads.close();
    allocator.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      textBlock =
          """
          SELECT 1 |
          SELECT 1; |
          /* a comment */ SELECT 1 -- and another |
          FROM t | t
          TABLE t | t
          VALUES (1, 'a'), (2, NULL) |
          (SELECT * FROM t) | t
          SELECT count(*) FROM t | t
          SELECT a, sum(b) FROM t GROUP BY a HAVING count(*) > 1 ORDER BY 2 DESC LIMIT 10 OFFSET 5 | t
          SELECT a FROM t GROUP BY ALL ORDER BY ALL | t
          SELECT a, b, grouping(a) FROM t GROUP BY CUBE (a, b) | t
          SELECT a, grouping_id(a, b) FROM t GROUP BY ROLLUP (a, b) | t
          SELECT DISTINCT ON (a) * FROM t ORDER BY a, b | t
          SELECT * EXCLUDE (a) REPLACE (b + 1 AS b) FROM t | t
          SELECT COLUMNS('a.*') FROM t | t
          SELECT COLUMNS(c -> c LIKE 'a%') FROM t | t
          SELECT * FROM t JOIN u USING (a) | t,u
          SELECT * FROM t LEFT JOIN u ON t.a = u.a FULL JOIN v ON true | t,u,v
          SELECT * FROM t NATURAL JOIN u CROSS JOIN v | t,u,v
          SELECT * FROM t SEMI JOIN u USING (a) ANTI JOIN v USING (a) | t,u,v
          SELECT * FROM t ASOF JOIN u ON t.at >= u.at | t,u
          SELECT * FROM t POSITIONAL JOIN u | t,u
          SELECT * FROM t, LATERAL (SELECT t.a + 1) l(b) | t
          SELECT * FROM t WHERE a IN (SELECT a FROM u WHERE u.b = t.b) | t,u
          SELECT * FROM t WHERE EXISTS (FROM u) AND a >= ALL (SELECT a FROM v) | t,u,v
          SELECT (SELECT max(a) FROM t) | t
          SELECT a FROM t UNION ALL BY NAME SELECT a FROM u EXCEPT SELECT a FROM v | t,u,v
          SELECT a FROM t INTERSECT ALL SELECT a FROM u ORDER BY 1 | t,u
          WITH c AS (SELECT * FROM t) SELECT * FROM c | t
          WITH c AS MATERIALIZED (SELECT * FROM t), d AS (SELECT * FROM c) FROM d | t
          WITH t AS (SELECT * FROM t) SELECT * FROM t | t
          WITH C AS (SELECT 1) SELECT * FROM c |
          WITH c AS (SELECT * FROM d), d AS (SELECT 1) SELECT * FROM c, d | d
          WITH c AS (WITH d AS (SELECT 1) FROM d) SELECT * FROM c, d | d
          SELECT * FROM (WITH c AS (SELECT 1) FROM c) q, c | c
          WITH c AS (SELECT 1 x) SELECT * FROM t WHERE a IN (SELECT x FROM c) | t
          WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5) FROM r |
          WITH RECURSIVE t AS (SELECT * FROM t UNION ALL SELECT a + 1 FROM t) FROM t | t
          WITH a AS (WITH a AS (SELECT 2) FROM a) FROM a |
          SELECT sum(a) OVER (PARTITION BY b ORDER BY c ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM t | t
          SELECT row_number() OVER w, lag(a IGNORE NULLS) OVER w FROM t WINDOW w AS (ORDER BY a) | t
          SELECT a FROM t QUALIFY rank() OVER (ORDER BY a) = 1 | t
          SELECT first(a ORDER BY b), list(a) FILTER (a > 1), string_agg(DISTINCT c, ',') FROM t | t
          SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY a) FROM t | t
          SELECT a::INTEGER, CAST(b AS DECIMAL(10, 2)), TRY_CAST(c AS DATE), d::STRUCT(x INTEGER)[] FROM t | t
          SELECT CASE WHEN a > 1 THEN 'x' ELSE 'y' END, coalesce(a, 1), nullif(a, 2), ifnull(a, 3), a IS NULL FROM t | t
          SELECT [1, 2, 3][1:2], {'a': 1}.a, MAP {'k': 'v'}['k'], [x + 1 FOR x IN [1, 2] IF x > 1] |
          SELECT list_transform([1, 2], lambda x: x + 1), list_reduce([1, 2], lambda a, b: a + b) |
          SELECT doc->'$.a', doc->>'b', json_extract(doc, '$.c') FROM t | t
          SELECT INTERVAL 1 DAY, DATE '2026-01-01', current_date, now(), extract(year FROM "at"), "at" AT TIME ZONE 'UTC' FROM t | t
          SELECT a LIKE 'x%', b ILIKE 'y', c SIMILAR TO 'z', d GLOB 'w*', e NOT BETWEEN 1 AND 2, f COLLATE NOCASE FROM t | t
          SELECT 2 ** 3, 7 // 2, 7 % 2, ~1, 1 << 2, 5 & 3, xor(5, 3), @ -1, 4!, 'a' || 'b' |
          SELECT * FROM range(5) r(i), generate_series(1, 3) g(j), unnest([1, 2]) u(k) |
          SELECT unnest(l), unnest(s, recursive := true) FROM t | t
          SELECT * FROM json_each('{"a": 1}') |
          SELECT * FROM t TABLESAMPLE 10% | t
          SELECT * FROM t USING SAMPLE reservoir(5 ROWS) | t
          SELECT * FROM (PIVOT t ON a IN (1, 2) USING sum(b)) | t
          SELECT * FROM (UNPIVOT t ON a, b INTO NAME n VALUE v) | t
          SELECT ?, $2 FROM t WHERE a = ? | t
          SELECT $name |
          SELECT 'DROP TABLE t; read_csv(''/etc/passwd'')' |
          SELECT "drop" FROM "my table" WHERE "read_csv" = 1 | my table
          SELECT * FROM "T""q" | T"q
          SELECT t.a, main.a FROM t, main | main,t
          SELECT a.lower(), 'x'.upper() FROM t | t
          SELECT count(*) FROM Events e JOIN events f ON e.id = f.id | Events,events
          SELECT row(1, 2), (1, 2) = (1, 2), 1 IN (1, 2) |
          EXPLAIN SELECT * FROM t | t
          /* why */ explain/**/FROM t | t
          DESCRIBE t | t
          DESCRIBE SELECT * FROM t JOIN u ON true | t,u
          SUMMARIZE t | t
          SELECT * FROM (DESCRIBE t), (SUMMARIZE u) | t,u
          SHOW TABLES |
          SELECT * FROM information_schema.tables, Information_Schema."COLUMNS" |
          SELECT try(1 / 0), error('x') |
          """)
  void statementPassesAndNamesItsTables(String sql, String tables) {
    CheckedQuery query = guard.check(sql);

    assertThat(
            query.tables().stream()
                .map(TableReference::name)
                .sorted()
                .collect(Collectors.joining(",")))
        .isEqualTo(tables == null ? "" : tables);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      textBlock =
          """
          INSERT INTO t VALUES (1) | Only a SELECT is allowed
          UPDATE t SET a = 1 | Only a SELECT is allowed
          DELETE FROM t | Only a SELECT is allowed
          TRUNCATE t | Only a SELECT is allowed
          MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN DELETE | Only a SELECT is allowed
          WITH c AS (INSERT INTO t VALUES (1) RETURNING *) FROM c | Only a SELECT is allowed, also in WITH
          WITH c AS (DELETE FROM t RETURNING *) SELECT 1 | Only a SELECT is allowed, also in WITH
          WITH c AS (UPDATE t SET a = 1 RETURNING *) SELECT 1 | Only a SELECT is allowed, also in WITH
          CREATE TABLE x (a INTEGER) | Only a SELECT is allowed
          CREATE TEMP TABLE x AS SELECT 1 | Only a SELECT is allowed
          CREATE VIEW x AS SELECT 1 | Only a SELECT is allowed
          CREATE MACRO m(x) AS x | Only a SELECT is allowed
          CREATE SECRET s (TYPE s3) | Only a SELECT is allowed
          DROP TABLE t | Only a SELECT is allowed
          ALTER TABLE t ADD COLUMN b INTEGER | Only a SELECT is allowed
          COPY t TO '/tmp/x' | Only a SELECT is allowed
          COPY (SELECT 1) TO '/tmp/x.csv' | Only a SELECT is allowed
          COPY t FROM '/etc/passwd' | Only a SELECT is allowed
          EXPORT DATABASE '/tmp/x' | Only a SELECT is allowed
          IMPORT DATABASE '/tmp/x' | Only a SELECT is allowed
          ATTACH '/tmp/x.db' | Only a SELECT is allowed
          DETACH memory | Only a SELECT is allowed
          USE memory | Only a SELECT is allowed
          PRAGMA database_list | Only a SELECT is allowed
          PRAGMA show_tables | Only a SELECT is allowed
          SET threads = 1 | Only a SELECT is allowed
          SET VARIABLE x = 1 | Only a SELECT is allowed
          RESET threads | Only a SELECT is allowed
          INSTALL httpfs | Only a SELECT is allowed
          LOAD httpfs | Only a SELECT is allowed
          CALL pragma_version() | Only a SELECT is allowed
          CHECKPOINT | Only a SELECT is allowed
          VACUUM | Only a SELECT is allowed
          ANALYZE | Only a SELECT is allowed
          BEGIN TRANSACTION | Only a SELECT is allowed
          PREPARE p AS SELECT 1 | Only a SELECT is allowed
          EXECUTE p | Only a SELECT is allowed
          DEALLOCATE p | Only a SELECT is allowed
          EXPLAIN DROP TABLE t | Only a SELECT is allowed
          EXPLAIN EXPLAIN SELECT 1 | Only a SELECT is allowed
          EXPLAIN SELECT * FROM read_csv('x') | Function read_csv is not allowed: it reads files (line 1, column 23)
          EXPLAIN ANALYZE SELECT 1 | EXPLAIN ANALYZE is not allowed: it shows the files of this machine (line 1, column 9)
          PIVOT t ON a USING sum(b) | Only a SELECT is allowed
          DESCRIBE | SHOW takes only TABLES; DESCRIBE t shows the columns of a table
          SHOW ALL TABLES | SHOW takes only TABLES; DESCRIBE t shows the columns of a table
          SHOW threads | SHOW takes only TABLES; DESCRIBE t shows the columns of a table
          SELECT * FROM (SHOW DATABASES) | SHOW takes only TABLES; DESCRIBE t shows the columns of a table
          DESCRIBE SELECT * FROM read_csv('x') | Function read_csv is not allowed: it reads files
          SELECT 1; SELECT 2 | One statement is allowed, these are 2
          SELECT 1; DROP TABLE t | Only a SELECT is allowed
          SELECT * FROM read_csv('/etc/passwd') | Function read_csv is not allowed: it reads files (line 1, column 15)
          SELECT * FROM READ_CSV('/etc/passwd') | Function read_csv is not allowed: it reads files
          SELECT * FROM read_parquet('*.parquet') | Function read_parquet is not allowed: it reads files
          SELECT * FROM read_text('/etc/passwd') | Function read_text is not allowed: it reads files
          SELECT * FROM read_blob('/etc/passwd') | Function read_blob is not allowed: it reads files
          SELECT * FROM read_json('/etc/passwd') | Function read_json is not allowed: it reads files
          SELECT * FROM parquet_scan('x') | Function parquet_scan is not allowed: it reads files
          SELECT * FROM parquet_metadata('x') | Function parquet_metadata is not allowed: it reads files
          SELECT * FROM sniff_csv('x') | Function sniff_csv is not allowed: it reads files
          SELECT * FROM glob('/*') | Function glob is not allowed: it lists files
          SELECT * FROM query('SELECT 1') | Function query is not allowed: it runs text as SQL
          SELECT * FROM query_table('t') | Function query_table is not allowed: it names tables by text
          SELECT * FROM duckdb_settings() | Function duckdb_settings is not allowed
          SELECT * FROM duckdb_secrets() | Function duckdb_secrets is not allowed
          SELECT * FROM pragma_version() | Function pragma_version is not allowed
          SELECT * FROM json_execute_serialized_sql('{}') | Function json_execute_serialized_sql is not allowed
          SELECT * FROM nothing(1) | Function nothing is unknown or not allowed
          SELECT * FROM system.main.read_csv('x') | Function read_csv is not allowed
          SELECT * FROM arrow_scan(1, 2, 3) | Function arrow_scan is not allowed: it reads memory by its address
          SELECT * FROM t WHERE a IN (SELECT content FROM read_text('/etc/passwd')) | Function read_text is not allowed
          SELECT (WITH c AS (FROM glob('*')) FROM c) | Function glob is not allowed
          SELECT * FROM t ORDER BY (SELECT count(*) FROM glob('*')) | Function glob is not allowed
          SELECT * FROM t LIMIT (SELECT count(*) FROM glob('*')) | Function glob is not allowed
          SELECT sum(a) OVER (ORDER BY getvariable('x')) FROM t | Function getvariable is not allowed
          SELECT list_transform([1], x -> current_setting('threads')) | Function current_setting is not allowed
          SELECT CASE WHEN write_log('x') IS NULL THEN 1 END | Function write_log is not allowed
          SELECT nextval('s') | Function nextval is not allowed: it writes to a sequence
          SELECT 'threads'.current_setting() | Function current_setting is not allowed
          SELECT json_serialize_plan('SELECT 1') | Function json_serialize_plan is not allowed
          SELECT pg_get_viewdef(1) | Function pg_get_viewdef is not allowed
          SELECT getenv('HOME') | Function getenv is unknown or not allowed
          SELECT sleep_ms(1000) | Function sleep_ms is not allowed: it holds a slot
          SELECT * FROM main.t | Relation main.t is not allowed: tables are named without a schema (line 1, column 15)
          SELECT * FROM memory.main.t | Relation memory.main.t is not allowed
          SELECT * FROM information_schema.views | Relation information_schema.views is not allowed: there are tables, columns and schemata (line 1, column 15)
          SELECT * FROM system.information_schema.tables | Relation system.information_schema.tables is not allowed
          SELECT * FROM information_schema.tables AT (VERSION => 1) | Relation information_schema.tables has no AT: it shows the query's snapshot
          SELECT * FROM pg_catalog.pg_class | Relation pg_catalog.pg_class is not allowed
          SELECT * FROM t AT (VERSION => ?) | AT (VERSION => ...) takes a whole number
          SELECT * FROM t AT (VERSION => 1 + 1) | AT (VERSION => ...) takes a whole number
          SELECT * FROM t AT (VERSION => 99999999999999999999) | AT (VERSION => ...)
          SELECT * FROM t AT (TIMESTAMP => now()) | AT (TIMESTAMP => ...) takes a text
          WITH "/etc/passwd" AS (SELECT 1) FROM "/etc/passwd" | Name in WITH holds a slash: /etc/passwd
          WITH "t@version 3" AS (SELECT 1) SELECT * FROM t AT (VERSION => 3) | Name in WITH holds @: t@version 3
          SELECT a::VARIANT FROM t | Type VARIANT is not allowed: no answer holds it; JSON is (line 1, column 11)
          SELECT a::STRUCT(x variant[]) FROM t | Type VARIANT is not allowed
          SELECT variant_keys(a) FROM t | Function variant_keys is not allowed: it works on VARIANT
          SELECT list_aggregate(a, 'bitstring_agg', 0, 9) FROM t | Function bitstring_agg is not allowed: it takes memory of the range of its values for each group (line 1, column 8)
          SELECT a.list_aggr('nothing') FROM t | Function nothing is unknown or not allowed
          SELECT list_aggregate(a, b) FROM t | Function list_aggregate takes only a literal as the name of its aggregate function
          SELECT from_json(a, upper(b)) FROM t | Function from_json takes only a literal or a parameter as its structure
          SELECT * FROM t WHERE | Syntax error at or near "WHERE" (line 1, column 17)
          SELEC 1 | Syntax error at or near "SELEC" (line 1, column 1)
          """)
  void statementIsRefusedWithWhatAndWhere(String sql, String message) {
    assertThatThrownBy(() -> guard.check(sql))
        .isInstanceOf(QueryRejectedException.class)
        .hasMessageStartingWith(message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT range(1000000), generate_series(0, 999999), range(5, -999995, -1), range('1_000'::INT)",
        "SELECT range(2000000000, 2000000010), range(0, 3000000, 3), range(1, 5, 0)",
        "SELECT generate_series(DATE '2024-01-01', '2024-12-31'::DATE, INTERVAL 1 DAY)",
        "SELECT range(TIMESTAMP '2024-01-01 00:00:00', '2025-01-01', INTERVAL '15 minutes')",
        "SELECT range(least(a, 10000)), range(1, least(10, a, b), 2) FROM t",
        "SELECT * FROM range(1000000000), generate_series(1, a * 1000000), repeat('x', 1000000000)",
        "SELECT * FROM range(1000 * 1000 * 1000)",
        "SELECT repeat('x', 10000000), 'ab'.repeat(5000000)",
        "SELECT repeat('x', -1), repeat('x', CAST('5' AS INTEGER)), repeat('x', -(-5))",
        "SELECT repeat(a, 1000) FROM t",
        "SELECT repeat('x', least(a, 10000)), repeat(b, 10) FROM t",
        "SELECT list_transform(range(1000), x -> x + 1), [x || 'y' FOR x IN ['a']]",
        "SELECT replace(replace(a, 'x', 'yy'), 'z', ''), a || '/' || b || '/' || c FROM t",
        "WITH RECURSIVE r AS (SELECT p FROM t UNION ALL SELECT r.p || '/' || t.p FROM r, t) FROM r",
        "WITH RECURSIVE r AS (SELECT a, '/' || a AS p FROM t UNION ALL SELECT t.a, p || '/' || t.a FROM r, t) FROM r",
        "SELECT lpad('x', 10000000, 'y'), rpad('x', 2500000, 'ä😀')",
        "SELECT lpad(a, 10000, '0'), rpad('x', least(a, 20), b) FROM t",
        "SELECT replace(replace(replace(a, '&', '&amp;'), '<', '&lt;'), '\"', '&quot;'), hex(a) FROM t",
        "SELECT list_reduce(a, lambda x, y: x + y), list_reduce(b, lambda x, y: replace(x, y, '')) FROM t",
        "SELECT list_aggregate(a, 'sum'), a.list_aggr('quantile_cont', 0.5), main.repeat('x', 5) FROM t",
        "SELECT levenshtein(a, b), levenshtein(a, 'a word'), from_json(a, '{\"b\": [\"INT\"]}'), from_json(a, ?) FROM t",
        "SELECT a + 1 AS a, a * 2 AS b, a + b AS c, b + c AS d, nullif(nullif(c, 0), d) AS e FROM t WHERE e > d",
        "SELECT list_resize([1], 10000), array_resize([a], least(b, 100), 0) FROM t",
        "SELECT bar(a, 0, 1), bar(a, 0, 1, 80) FROM t",
        "SELECT format('{} {:>20} {{{}}}', a, b, c), printf('%5d %s 100000 %% 5', a, b) FROM t",
      })
  void functionsWhoseSizesAreVisibleAndModestPass(String sql) {
    assertThat(guard.check(sql).sql()).isEqualTo(sql);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      textBlock =
          """
          SELECT range(1000000000) | Function range in an expression makes more than 1000000 elements, which is its limit there; use it in FROM instead, as in FROM range(n) (line 1, column 8)
          SELECT RANGE(1000002) | Function range in an expression makes more than 1000000 elements
          SELECT main.generate_series(-2000000, 5) | Function generate_series in an expression makes more than 1000000 elements
          SELECT range(0, -2000000000, -1) | Function range in an expression makes more than 1000000 elements
          SELECT range('1000000000'::INT) | Function range in an expression makes more than 1000000 elements
          SELECT range(- -1000000000) | Function range in an expression makes more than 1000000 elements
          SELECT range(1000_000_000) | Function range in an expression makes more than 1000000 elements
          SELECT range('1e9'::INT) | Function range in an expression makes more than 1000000 elements
          SELECT * FROM t WHERE len(generate_series(1, 1000000000)) > a | Function generate_series in an expression makes more than 10000 elements
          SELECT * FROM range(len(range(1000000000))) | Function range in an expression makes more than 10000 elements
          SELECT range(20000) FROM t | Function range in an expression makes more than 10000 elements
          SELECT unnest(range(20000)) | Function range in an expression makes more than 10000 elements
          SELECT list_transform(range(1000000), x -> range(1000)) | Function range in an expression makes more than
          SELECT [[x + y FOR y IN range(10000)] FOR x IN range(10000)] | Function range in an expression makes more than
          SELECT list_transform(range(1000000), x -> repeat('x', 1000)) | Function repeat makes a value of more than 10000000 bytes
          SELECT list_reduce(range(64)::VARCHAR[], (a, b) -> concat(a, a)) | Function concat joins a value with itself where that is done again and again (line 1,
          WITH RECURSIVE r AS (SELECT 'x' AS s UNION ALL SELECT concat(s, s) FROM r) FROM r | Function concat joins a value with itself where that is done again and again
          SELECT concat(s, s) FROM (SELECT concat(s, s) s FROM (SELECT concat(s, s) s FROM (SELECT repeat('x', 50000) s))) | Values are joined with themselves too often
          SELECT replace('xxxx', 'x', repeat('y', 10000)) | Function replace repeats values that are no literals more than 1000 times
          SELECT bitstring('1', 2000000000) | Function bitstring has a length above 10000
          SELECT a.repeat(1001) FROM t | Function repeat repeats values that are no literals more than 1000 times
          SELECT t.a.repeat(b) FROM t | Function repeat takes as its count only a literal
          SELECT memory.repeat(2000000000) FROM t | Function repeat repeats values
          SELECT system.main.repeat('x', 2000000000) | Function repeat makes a value of more than 10000000 bytes
          SELECT a.format(b) FROM t | Function format takes only a literal as its format
          SELECT list_reduce(l, lambda a, b: a.concat(a), 'x') FROM t | Function concat joins a value with itself where that is done again and again
          SELECT list_reduce(l, lambda a, b: list_transform([a], lambda c: concat(c, a))[1]) FROM t | Function concat joins a value with itself
          SELECT list_reduce(l, lambda a, b: hex(a)) FROM t | Function hex makes a value longer where that is done again and again
          SELECT list_reduce(l, lambda a, b: replace('xx', 'x', a)) FROM t | Function replace makes a value longer where that is done again and again
          SELECT replace(replace(replace(replace(replace(a, 'a', '0123456789abcdef'), 'a', '0123456789abcdef'), 'a', '0123456789abcdef'), 'a', '0123456789abcdef'), 'a', '0123456789abcdef') FROM t | Functions within each other make a value more than 100000 times as long
          SELECT levenshtein(concat(repeat('a', 2000), a), concat(repeat('b', 2000), b)) FROM t | Function levenshtein compares texts that are too long together where rows are read
          SELECT damerau_levenshtein(a, b) FROM t | Function damerau_levenshtein is not allowed: it takes memory of the product of its arguments' lengths
          SELECT generate_series(DATE '0001-01-01', DATE '9999-01-01', INTERVAL 1 MINUTE) | Function generate_series in an expression makes more than 1000000 elements
          SELECT range(TIMESTAMP '2024-01-01', '2025-01-01', INTERVAL '1 second') | Function range in an expression makes more than 1000000 elements
          SELECT range(least(a, 10002)) FROM t | Function range in an expression makes more than 10000 elements
          SELECT range(1000*1000*1000) | Function range in an expression takes only literals, or least(n, 10000) as its end, since its list is made at once in memory; use it in FROM instead, as in FROM range(n) (line 1, column 8)
          SELECT range(a) FROM t | Function range in an expression takes only literals
          SELECT range(?) | Function range in an expression takes only literals
          SELECT range('0x3B9ACA00'::INT) | Function range in an expression takes only literals
          SELECT range(NaN) FROM t | Function range in an expression takes only literals
          SELECT range('nan'::DOUBLE) | Function range in an expression takes only literals
          SELECT range((SELECT 1000000000)) | Function range in an expression takes only literals
          SELECT range(CASE WHEN true THEN 1000000000 END) | Function range in an expression takes only literals
          SELECT range(0, least(a, 5), -1) FROM t | Function range in an expression takes only literals
          SELECT range(a, least(b, 5)) FROM t | Function range in an expression takes only literals
          SELECT range(greatest(a, 5)) FROM t | Function range in an expression takes only literals
          SELECT [x FOR x IN range(10 ** 9)] | Function range in an expression takes only literals
          SELECT repeat('x', 2000000000) | Function repeat makes a value of more than 10000000 bytes, which is its limit (line 1, column 8)
          SELECT repeat('xy', 5000001) | Function repeat makes a value of more than 10000000 bytes
          SELECT 'x'.repeat('2000000000') | Function repeat makes a value of more than 10000000 bytes
          SELECT repeat('x', 1000 * 1000 * 1000) | Function repeat takes as its count only a literal, or least(n, 10000), since its value is made at once in memory
          SELECT repeat('x', a) FROM t | Function repeat takes as its count only a literal
          SELECT repeat('x', least(a, b)) FROM t | Function repeat takes as its count only a literal
          SELECT repeat(a, 1001) FROM t | Function repeat repeats values that are no literals more than 1000 times
          SELECT repeat('x', least(a, 100001)) FROM t | Function repeat makes a value of more than 100000 bytes, which is its limit where rows are read
          SELECT repeat(repeat(repeat('x', 1000), 1000), 1000) | Function repeat
          SELECT repeat(c, 1000) FROM (SELECT repeat('x', 100000) c) | Function repeat
          SELECT lpad('x', 2000000000, 'y') | Function lpad makes a value of more than 10000000 bytes
          SELECT rpad('x', 2500001, '😀') | Function rpad makes a value of more than 10000000 bytes
          SELECT lpad('x', 2000 * 1000000, 'y') | Function lpad takes as its length only a literal, or least(n, 10000)
          SELECT rpad(a, 10001, 'y') FROM t | Function rpad has a length above 10000, which is its limit for values that are no literals
          SELECT list_resize([1], 2000000000) | Function list_resize has a length above 10000
          SELECT array_resize([1], 1000 * 1000000) | Function array_resize takes as its length only a literal
          SELECT bar(1, 0, 1, a) FROM t | Function bar takes as its width only a literal
          SELECT format('{:>2000000000}', 'x') | Function format has a width that is not visible or above 9999
          SELECT format('{:>{}}', 'x', 2000000000) | Function format has a width that is not visible or above 9999
          SELECT printf('%02000000000d', 1) | Function printf has a width that is not visible or above 9999
          SELECT printf('%*d', 2000000000, 1) | Function printf has a width that is not visible or above 9999
          SELECT printf('%.2000000000f', 1.5) | Function printf has a width that is not visible or above 9999
          SELECT printf(a, 1) FROM t | Function printf takes only a literal as its format
          """)
  void functionThatMakesALargeValueIsRefusedWithItsLimit(String sql, String message) {
    assertThatThrownBy(() -> guard.check(sql))
        .isInstanceOf(QueryRejectedException.class)
        .hasMessageStartingWith(message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT 1 AS a0, %s",
        "SELECT id AS a0, %s FROM t",
        "SELECT (SELECT a0 FROM (SELECT 1 AS a0, %s))",
        "WITH c AS (SELECT [1] AS a0, %s) FROM c",
      })
  void namesOfASelectListThatDoubleAreRefused(String sql) {
    String doubling =
        IntStream.range(0, 20)
            .mapToObj(i -> "a%d + A%d AS a%d".formatted(i, i, i + 1))
            .collect(Collectors.joining(", "));
    String adding =
        IntStream.range(0, 200)
            .mapToObj(i -> "a0 + %d AS b%d".formatted(i, i))
            .collect(Collectors.joining(", "));

    assertThat(guard.check(sql.formatted(adding)).tables()).hasSizeLessThan(2);
    assertThatThrownBy(() -> guard.check(sql.formatted(doubling)))
        .isInstanceOf(QueryRejectedException.class)
        .hasMessageStartingWith("Statement grows by more than 10000 columns and literals");
  }

  @Test
  void macrosThatDoubleAreRefused() {
    String doubling = "nullif(".repeat(20) + "a" + ", 0)".repeat(20);

    assertThatThrownBy(() -> guard.check("SELECT " + doubling + " FROM t"))
        .isInstanceOf(QueryRejectedException.class)
        .hasMessageStartingWith("Statement grows by more than 10000 columns and literals");
  }

  @Test
  void adviceToChangeASettingIsNotPassedOn() {
    assertThatThrownBy(
            () -> guard.check("SELECT " + "abs(".repeat(1_200) + "1" + ")".repeat(1_200)))
        .isInstanceOf(QueryRejectedException.class)
        .hasMessage("Max expression depth limit of 1000 exceeded");
    assertThat(
            DuckDbFailures.sentence(
                "Deprecated lambda arrow (->) detected.\nUse SET lambda_syntax='DEFAULT' to revert."))
        .isEqualTo("Deprecated lambda arrow (->) detected");
    assertThat(DuckDbFailures.sentence("Cannot SET the value. It is fixed."))
        .isEqualTo("Cannot SET the value. It is fixed");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "  ", "-- nothing", ";"})
  void emptyStatementIsRefused(String sql) {
    assertThatThrownBy(() -> guard.check(sql))
        .isInstanceOf(QueryRejectedException.class)
        .hasMessage("Statement is empty");
  }

  @Test
  void zeroCharacterIsRefused() {
    assertThatThrownBy(() -> guard.check("SELECT 1\0; DROP TABLE t"))
        .isInstanceOf(QueryRejectedException.class)
        .hasMessage("Statement holds a zero character");
  }

  @Test
  void placeIsCountedInCharactersOverSeveralLines() {
    assertThatThrownBy(() -> guard.check("SELECT 'äöü€',\n  'é' AS x, nothing(1)"))
        .isInstanceOf(QueryRejectedException.class)
        .hasMessage("Function nothing is unknown or not allowed (line 2, column 13)");
  }

  @Test
  void veryLongStatementIsRefused() {
    assertThatThrownBy(() -> guard.check("SELECT '" + "x".repeat(1 << 20) + "'"))
        .isInstanceOf(QueryRejectedException.class)
        .hasMessage("Statement is longer than 1048576 bytes");
  }

  @Test
  void veryDeepStatementIsRefusedAndTheNextOnePasses() {
    String deep = "SELECT " + "(SELECT ".repeat(5_000) + "1" + ")".repeat(5_000);

    assertThatThrownBy(() -> guard.check(deep)).isInstanceOf(QueryRejectedException.class);
    assertThat(guard.check("SELECT 1").tables()).isEmpty();
  }

  @Test
  void literalInFromIsATableOfThatName() {
    assertThat(guard.check("SELECT * FROM '/etc/passwd'").tables())
        .containsExactly(new TableReference("/etc/passwd", null, null));
  }

  @Test
  void tablesAreNamedWithTheirVersions() {
    CheckedQuery query =
        guard.check(
            """
            SELECT * FROM t AT (VERSION => 3)
            JOIN t old AT (VERSION => 2) USING (id)
            JOIN t now USING (id)
            JOIN u AT (TIMESTAMP => '2026-01-31 12:00:00') USING (id)
            JOIN u v AT (TIMESTAMP => TIMESTAMPTZ '2026-01-31T12:00:00Z') USING (id)
            """);

    assertThat(query.tables())
        .containsExactlyInAnyOrder(
            new TableReference("t", 3L, null),
            new TableReference("t", 2L, null),
            new TableReference("t", null, null),
            new TableReference("u", null, "2026-01-31 12:00:00"),
            new TableReference("u", null, "2026-01-31T12:00:00Z"));
  }

  @Test
  void statementWithoutVersionsRunsAsItWasSent() {
    String sql = "SELECT  a -- as it was\nFROM t";

    assertThat(guard.runnable(guard.check(sql), QueryParameters.NONE).sql()).isEqualTo(sql);
  }

  @Test
  void statementWithVersionsNamesViewsUnderTheTablesName() {
    CheckedQuery query =
        guard.check("SELECT T.a, ? FROM T AT (VERSION => 3) JOIN T x AT (VERSION => 4) USING (a)");

    assertThat(guard.runnable(query, QueryFixture.positional("x")).sql())
        .isEqualTo(
            "SELECT T.a, $1 FROM (\"t@version 3\" AS T INNER JOIN \"t@version 4\" AS x USING (a))");
  }
}
