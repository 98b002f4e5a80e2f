package io.duckmesh.api.operations;

import io.duckmesh.api.auth.Caller;
import io.duckmesh.api.auth.RequiresRole;
import io.duckmesh.api.json.ApiJson;
import io.duckmesh.api.problem.ApiError;
import io.duckmesh.api.problem.ProblemException;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.Role;
import io.duckmesh.catalog.Snapshot;
import io.duckmesh.catalog.SnapshotId;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** {@code /v1/snapshots}. */
@RestController
public final class SnapshotController {
  private static final int DEFAULT_LIMIT = 100;
  private static final int MAX_LIMIT = 1_000;

  private final Catalog catalog;

  public SnapshotController(Catalog catalog) {
    this.catalog = catalog;
  }

  record SnapshotAnswer(long snapshotId, Instant committedAt, String operation) {
    static SnapshotAnswer of(Snapshot snapshot) {
      return new SnapshotAnswer(
          snapshot.id().value(), snapshot.committedAt(), snapshot.operation());
    }
  }

  /**
   * @param before what to ask with for the next page, null on the last one
   */
  record SnapshotPage(List<SnapshotAnswer> snapshots, @Nullable Long before) {}

  record TableAtSnapshot(String name, String tableId, int schemaVersion, long createdIn) {}

  record SnapshotDetail(
      long snapshotId, Instant committedAt, String operation, List<TableAtSnapshot> tables) {}

  @GetMapping("/v1/snapshots")
  @RequiresRole({Role.QUERY_READER, Role.OPS_ADMIN})
  void list(
      Caller caller,
      @RequestParam(name = "before", required = false) @Nullable Long before,
      @RequestParam(name = "limit", required = false) @Nullable Integer limit,
      HttpServletResponse response)
      throws IOException {
    int count = limit == null ? DEFAULT_LIMIT : limit;
    if (count < 1 || count > MAX_LIMIT) {
      throw new ProblemException(
          ApiError.INVALID_REQUEST,
          "Parameter limit is %d, possible are 1 to %d".formatted(count, MAX_LIMIT));
    }
    if (before != null && before < 0) {
      throw new ProblemException(
          ApiError.INVALID_REQUEST, "Parameter before is negative: " + before);
    }
    List<Snapshot> snapshots =
        catalog
            .snapshots()
            .list(caller.tenant(), before == null ? null : new SnapshotId(before), count);
    Long next = snapshots.size() < count ? null : snapshots.getLast().id().value();
    ApiJson.write(
        response, 200, new SnapshotPage(snapshots.stream().map(SnapshotAnswer::of).toList(), next));
  }

  @GetMapping("/v1/snapshots/{snapshot_id}")
  @RequiresRole({Role.QUERY_READER, Role.OPS_ADMIN})
  void describe(
      Caller caller, @PathVariable("snapshot_id") String text, HttpServletResponse response)
      throws IOException {
    SnapshotId id = id(text);
    Snapshot snapshot = catalog.snapshots().load(caller.tenant(), id);
    List<TableAtSnapshot> tables =
        catalog.snapshots().tables(caller.tenant(), id).stream()
            .map(
                table ->
                    new TableAtSnapshot(
                        table.name(),
                        table.id().toString(),
                        table.schema().version(),
                        table.createdIn().value()))
            .toList();
    ApiJson.write(
        response,
        200,
        new SnapshotDetail(
            snapshot.id().value(), snapshot.committedAt(), snapshot.operation(), tables));
  }

  private static SnapshotId id(String text) {
    try {
      return new SnapshotId(Long.parseLong(text));
    } catch (IllegalArgumentException e) {
      throw new ProblemException(
          ApiError.INVALID_REQUEST, "A snapshot id is a number, this is not: " + text);
    }
  }
}
