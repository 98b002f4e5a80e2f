package io.duckmesh.catalog;

import io.duckmesh.catalog.postgres.PostgresStore;
import io.duckmesh.catalog.upkeep.RewriteCommit;
import io.duckmesh.catalog.upkeep.RewriteDraft;
import io.duckmesh.catalog.upkeep.RewriteId;
import io.duckmesh.catalog.upkeep.RewriteKind;
import io.duckmesh.catalog.upkeep.Upkeep;
import io.duckmesh.catalog.upkeep.UpkeepPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;

/** A catalog with its upkeep, and steps of jobs. */
abstract class UpkeepTestBase extends CatalogContract {
  static final Duration GRACE = Duration.ofHours(1);

  Upkeep upkeep;
  PostgresStore postgres;

  @Override
  CatalogStore newStore() {
    postgres = PostgresStore.shared();
    return postgres;
  }

  @BeforeEach
  void openUpkeep() {
    upkeep = postgres.openUpkeep(clock);
  }

  /** Lands that many files of ten rows, one after the other, from that position on. */
  List<DataFile> landFiles(TableInfo table, long after, int count) {
    for (int i = 0; i < count; i++) {
      land(table, after + i, after + i + 1, 10);
    }
    List<DataFile> files = filesAt(newest(), table.name());
    return files.subList(files.size() - count, files.size());
  }

  List<DataFile> filesAt(SnapshotId snapshot, String table) {
    return catalog.snapshots().manifest(TENANT, snapshot, table).files();
  }

  static List<String> keysOf(List<DataFile> files) {
    return files.stream().map(DataFile::objectKey).toList();
  }

  RewriteId begin(TableInfo table, List<DataFile> files) {
    return begin(table, RewriteKind.COMPACT, files);
  }

  RewriteId begin(TableInfo table, RewriteKind kind, List<DataFile> files) {
    return upkeep
        .rewrites()
        .begin("run", table.id(), List.of(new RewriteDraft(kind, keysOf(files), false)))
        .getFirst();
  }

  /** Begins and prepares a rewrite of the files by one with all their rows. */
  RewriteId prepared(TableInfo table, List<DataFile> files) {
    RewriteId id = begin(table, files);
    prepare(id, file(table, files.stream().mapToLong(DataFile::rowCount).sum()));
    return id;
  }

  void prepare(RewriteId id, @Nullable DataFile output) {
    if (output != null) {
      upkeep.rewrites().registerPending(id, output.objectKey());
    }
    upkeep.rewrites().prepare(id, output);
  }

  RewriteCommit compact(TableInfo table, List<DataFile> files) {
    return upkeep.rewrites().publish(prepared(table, files));
  }

  /** Lets everything expire that is not among the newest snapshots of that number. */
  void expireTo(int keep) {
    clock.advance(Duration.ofSeconds(1));
    upkeep.policies().set(TENANT, new UpkeepPolicy(null, null, null, Duration.ZERO, keep, null));
    upkeep.retention().expire(upkeep.retention().plan(TENANT));
  }

  /** Marks everything that can be. */
  void mark() {
    while (!upkeep.garbage().mark(TENANT, GRACE, 100).done()) {
      // The next page.
    }
  }

  /** Marks and sweeps everything that can be; returns the objects that are gone. */
  List<String> collect() {
    mark();
    clock.advance(GRACE);
    return sweep();
  }

  List<String> sweep() {
    List<String> gone = new ArrayList<>();
    while (true) {
      List<String> page =
          upkeep.garbage().due(50).stream().map(object -> object.objectKey()).toList();
      if (page.isEmpty()) {
        return gone;
      }
      gone.addAll(page);
      upkeep.garbage().deleted(page);
    }
  }
}
