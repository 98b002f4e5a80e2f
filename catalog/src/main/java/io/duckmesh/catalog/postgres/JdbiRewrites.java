package io.duckmesh.catalog.postgres;

import io.duckmesh.catalog.CommitConflictException;
import io.duckmesh.catalog.CommitStateUnknownException;
import io.duckmesh.catalog.DataFile;
import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.postgres.PublishStatement.PublishOutcome;
import io.duckmesh.catalog.postgres.RewriteDao.RewriteRow;
import io.duckmesh.catalog.upkeep.AgedFile;
import io.duckmesh.catalog.upkeep.DueTable;
import io.duckmesh.catalog.upkeep.LiveFile;
import io.duckmesh.catalog.upkeep.Place;
import io.duckmesh.catalog.upkeep.Rewrite;
import io.duckmesh.catalog.upkeep.RewriteCommit;
import io.duckmesh.catalog.upkeep.RewriteDraft;
import io.duckmesh.catalog.upkeep.RewriteId;
import io.duckmesh.catalog.upkeep.RewriteKind;
import io.duckmesh.catalog.upkeep.Rewrites;
import io.duckmesh.catalog.upkeep.TableFiles;
import io.duckmesh.catalog.upkeep.TablePolicy;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.JdbiException;
import org.jdbi.v3.core.statement.UnableToExecuteStatementException;
import org.jspecify.annotations.Nullable;

final class JdbiRewrites implements Rewrites {
  private final Database database;
  private final Clock clock;

  JdbiRewrites(Database database, Clock clock) {
    this.database = database;
    this.clock = clock;
  }

  @Override
  public List<DueTable> due(TenantId tenant) {
    return database.call(
        "list tables of tenant " + tenant + " that have changed",
        RewriteDao.class,
        dao -> dao.due(tenant.value()));
  }

  @Override
  public void nothingLeft(TableId table, SnapshotId changedIn) {
    database.withHandle(
        "note that nothing is left to merge of table " + table,
        handle -> {
          handle.attach(RewriteDao.class).nothingLeft(table.value(), changedIn.value());
          return table;
        });
  }

  @Override
  public List<LiveFile> liveFiles(TableId table, @Nullable Place after, int limit) {
    Place from = after == null ? new Place(0, "") : after;
    return database.call(
        "list files of table " + table,
        RewriteDao.class,
        dao -> dao.liveFiles(table.value(), from.snapshot(), from.key(), limit));
  }

  @Override
  public List<AgedFile> agedFiles(TableId table, int fieldId, @Nullable Place after, int limit) {
    Place from = after == null ? new Place(0, "") : after;
    return database.call(
        "list files of table " + table,
        RewriteDao.class,
        dao -> dao.agedFiles(table.value(), fieldId, from.snapshot(), from.key(), limit));
  }

  @Override
  public List<TableFiles> count(TenantId tenant) {
    return database.call(
        "count files of tenant " + tenant,
        RewriteDao.class,
        dao -> dao.count(tenant.value(), TablePolicy.DEFAULT_TARGET_BYTES / 2));
  }

  @Override
  public List<RewriteId> begin(String runId, TableId table, List<RewriteDraft> drafts) {
    for (RewriteDraft draft : drafts) {
      if (draft.objectKeys().size() > MOST_INPUTS) {
        throw new IllegalArgumentException(
            "A rewrite takes %d files at most, not %d"
                .formatted(MOST_INPUTS, draft.objectKeys().size()));
      }
    }
    Instant now = clock.instant();
    String[] kinds =
        drafts.stream().map(draft -> text(draft.kind())).distinct().toArray(String[]::new);
    return database.inTransaction(
        "begin rewrites of table " + table,
        handle -> {
          RewriteDao dao = handle.attach(RewriteDao.class);
          if (dao.lockTable(table.value()).isEmpty()) {
            throw new IllegalArgumentException("Table does not exist: " + table);
          }
          dao.giveUpEarlier(table.value(), kinds);
          List<RewriteId> ids = new ArrayList<>(drafts.size());
          for (RewriteDraft draft : drafts) {
            ids.add(
                new RewriteId(
                    dao.insert(
                        runId,
                        table.value(),
                        text(draft.kind()),
                        draft.objectKeys().toArray(String[]::new),
                        draft.seals(),
                        now)));
          }
          return ids;
        });
  }

  private static String text(RewriteKind kind) {
    return kind.name().toLowerCase(Locale.ROOT);
  }

  @Override
  public Rewrite load(RewriteId id) {
    return database.withHandle(
        "load rewrite " + id,
        handle -> {
          RewriteDao dao = handle.attach(RewriteDao.class);
          RewriteRow row = dao.find(id.value()).orElseThrow(() -> doesNotExist(id));
          return new Rewrite(
              id,
              row.runId(),
              new TenantId(row.tenantId()),
              new TableId(row.tableId()),
              RewriteKind.valueOf(row.kind().toUpperCase(Locale.ROOT)),
              Rewrite.State.valueOf(row.state().toUpperCase(Locale.ROOT)),
              dao.inputs(id.value()),
              row.inputCount(),
              row.rowsIn(),
              row.begunAt());
        });
  }

  @Override
  public void registerPending(RewriteId id, String objectKey) {
    Instant now = clock.instant();
    database.withHandle(
        "register a file of rewrite " + id,
        handle -> {
          RewriteDao dao = handle.attach(RewriteDao.class);
          try {
            if (dao.registerPending(id.value(), objectKey, now) == 0) {
              throw notPlanned(dao, id);
            }
          } catch (UnableToExecuteStatementException e) {
            if (SqlFailures.violates(e, "data_file_pkey")) {
              throw new IllegalArgumentException(
                  "The object key of rewrite %s is taken: %s".formatted(id, objectKey), e);
            }
            throw e;
          }
          return id;
        });
  }

  @Override
  public void prepare(RewriteId id, @Nullable DataFile output) {
    long rows = output == null ? 0 : output.rowCount();
    database.inTransaction(
        "prepare rewrite " + id,
        handle -> {
          RewriteDao dao = handle.attach(RewriteDao.class);
          if (dao.markPrepared(id.value(), rows) == 0) {
            throw notPrepared(dao, id, rows);
          }
          if (output != null
              && FinishFilesStatement.execute(handle, id.value(), List.of(output))[0] != 1) {
            throw new IllegalArgumentException(
                "Rewrite %s has not registered object %s of table %s"
                    .formatted(id, output.objectKey(), output.table()));
          }
          return id;
        });
  }

  private static RuntimeException notPrepared(RewriteDao dao, RewriteId id, long rows) {
    RewriteRow row = dao.find(id.value()).orElseThrow(() -> doesNotExist(id));
    if (!"planned".equals(row.state())) {
      return notPlanned(row);
    }
    return new IllegalArgumentException(
        "Rewrite %s (%s) of %d rows has another number of them: %d"
            .formatted(id, row.kind(), row.rowsIn(), rows));
  }

  @Override
  public RewriteCommit publish(RewriteId id) {
    Instant now = clock.instant();
    PublishOutcome outcome =
        database
            .withHandle("publish rewrite " + id, handle -> tryPublish(handle, id, now))
            .orElseThrow(() -> doesNotExist(id));
    return switch (outcome) {
      case PublishOutcome.Published published -> published.commit();
      case PublishOutcome.Planned planned ->
          throw new IllegalStateException("Rewrite %s is not prepared".formatted(id));
      case PublishOutcome.Over over -> throw new CommitConflictException(over.reason());
    };
  }

  private static Optional<PublishOutcome> tryPublish(Handle handle, RewriteId id, Instant now) {
    try {
      return PublishStatement.execute(handle, id.value(), now);
    } catch (JdbiException e) {
      if (SqlFailures.isOutcomeUnknown(e)) {
        throw new CommitStateUnknownException(
            "It cannot be told whether rewrite %s was published".formatted(id), e);
      }
      throw e;
    }
  }

  @Override
  public void abandon(RewriteId id) {
    database.withHandle(
        "abandon rewrite " + id,
        handle -> {
          handle.attach(RewriteDao.class).abandon(id.value());
          return id;
        });
  }

  private static RuntimeException notPlanned(RewriteDao dao, RewriteId id) {
    return notPlanned(dao.find(id.value()).orElseThrow(() -> doesNotExist(id)));
  }

  private static RuntimeException notPlanned(RewriteRow row) {
    if ("over".equals(row.state())) {
      return new CommitConflictException("Rewrite %d is over".formatted(row.rewriteId()));
    }
    return new IllegalStateException("Rewrite %d is %s".formatted(row.rewriteId(), row.state()));
  }

  private static IllegalArgumentException doesNotExist(RewriteId id) {
    return new IllegalArgumentException("Rewrite does not exist: " + id);
  }
}
