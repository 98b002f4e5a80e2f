package io.duckmesh.api;

import io.duckmesh.engine.query.BoundTable;
import io.duckmesh.engine.query.CheckedQuery;
import io.duckmesh.engine.query.JsonStyle;
import io.duckmesh.engine.query.QueryCancelledException;
import io.duckmesh.engine.query.QueryEngine;
import io.duckmesh.engine.query.QueryExecution;
import io.duckmesh.engine.query.QueryFailedException;
import io.duckmesh.engine.query.QueryLimits;
import io.duckmesh.engine.query.QueryParameters;
import io.duckmesh.engine.query.QueryRejectedException;
import io.duckmesh.engine.query.ResultColumn;
import io.duckmesh.engine.query.ResultFormat;
import io.duckmesh.engine.query.ResultSummary;
import io.duckmesh.engine.query.TableReference;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Answers with the rows that the bound files have, by what the catalog says of them; or fails, or
 * never ends, as the statement asks. So the gateway's part of a query is seen alone.
 */
final class ScriptedEngine implements QueryEngine {
  private static final Pattern TABLE =
      Pattern.compile("(?:FROM|JOIN) (\\w+)(?: AT \\(VERSION => (\\d+)\\))?");

  final CountDownLatch cancelled = new CountDownLatch(1);

  /** Keys of files that were fetched before a query asked, and tenants that were warmed. */
  final Set<String> prefetched = ConcurrentHashMap.newKeySet();

  final Set<String> warmed = ConcurrentHashMap.newKeySet();

  @Override
  public CheckedQuery check(String sql) {
    if (!sql.startsWith("SELECT")) {
      throw new QueryRejectedException("Only SELECT is allowed");
    }
    Set<TableReference> tables = new LinkedHashSet<>();
    Matcher matcher = TABLE.matcher(sql);
    while (matcher.find()) {
      Long version = matcher.group(2) == null ? null : Long.valueOf(matcher.group(2));
      tables.add(new TableReference(matcher.group(1), version, null));
    }
    return new CheckedQuery(sql, tables, "{}", !sql.contains("random()"), true);
  }

  @Override
  public QueryExecution start(
      String queryId,
      String tenant,
      CheckedQuery query,
      List<BoundTable> tables,
      QueryParameters parameters,
      QueryLimits limits) {
    long rows =
        tables.stream()
            .flatMap(table -> table.files().stream())
            .mapToLong(BoundTable.TableFile::rowCount)
            .sum();
    return new Execution(query.sql(), rows);
  }

  @Override
  public void prefetch(BoundTable.TableFile file) {
    prefetched.add(file.key().value());
  }

  @Override
  public void warm(String tenant) {
    warmed.add(tenant);
  }

  @Override
  public String version() {
    return "scripted";
  }

  @Override
  public void close() {}

  private final class Execution implements QueryExecution {
    private final String sql;
    private final long rows;

    Execution(String sql, long rows) {
      this.sql = sql;
      this.rows = rows;
    }

    @Override
    public List<ResultColumn> columns() {
      return List.of(new ResultColumn("count", "BIGINT"));
    }

    @Override
    public ResultSummary write(ResultFormat format, JsonStyle style, OutputStream out)
        throws IOException {
      if (sql.contains("fails_at_once")) {
        throw new QueryFailedException("Division by zero");
      }
      if (sql.contains("never_ends")) {
        try {
          cancelled.await();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
        throw new QueryCancelledException("The statement was cancelled");
      }
      if (sql.contains("fails_midway")) {
        byte[] row = "[1],".repeat(10_000).getBytes(StandardCharsets.UTF_8);
        out.write('[');
        for (int i = 0; i < 20; i++) {
          out.write(row);
        }
        throw new QueryFailedException("Division by zero");
      }
      String answer =
          switch (format) {
            case JSON_ROWS -> "[[" + rows + "]]";
            case NDJSON -> "{\"count\":" + rows + "}\n";
            case CSV -> "count\r\n" + rows + "\r\n";
            case ARROW -> "arrow";
            case PARQUET -> "parquet";
          };
      byte[] text = answer.getBytes(StandardCharsets.UTF_8);
      out.write(text);
      return new ResultSummary(1, text.length, false);
    }

    @Override
    public boolean stopped() {
      return cancelled.getCount() == 0;
    }

    @Override
    public void cancel() {
      cancelled.countDown();
    }

    @Override
    public void close() {}
  }
}
