package io.duckmesh.api.operations;

import io.duckmesh.api.auth.Caller;
import io.duckmesh.api.auth.RequiresRole;
import io.duckmesh.api.json.ApiJson;
import io.duckmesh.api.problem.ApiError;
import io.duckmesh.api.problem.ProblemException;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.Role;
import io.duckmesh.catalog.Snapshot;
import io.duckmesh.catalog.SnapshotExpiredException;
import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.upkeep.Pin;
import io.duckmesh.catalog.upkeep.Retention;
import io.duckmesh.catalog.upkeep.Upkeep;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
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
  private final Retention retention;

  public SnapshotController(Catalog catalog, Upkeep upkeep) {
    this.catalog = catalog;
    this.retention = upkeep.retention();
  }

  /**
   * @param pins names by which it stays
   */
  record SnapshotAnswer(
      long snapshotId, Instant committedAt, String operation, List<String> pins) {}

  /**
   * @param before what to ask with for the next page, null on the last one
   */
  record SnapshotPage(List<SnapshotAnswer> snapshots, @Nullable Long before) {}

  /**
   * @param readable false if the snapshot has expired for this table
   */
  record TableAtSnapshot(
      String name, String tableId, int schemaVersion, long createdIn, boolean readable) {}

  record SnapshotDetail(
      long snapshotId,
      Instant committedAt,
      String operation,
      List<String> pins,
      List<TableAtSnapshot> tables) {}

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
    Map<SnapshotId, List<String>> pins = pins(caller);
    List<SnapshotAnswer> answers =
        snapshots.stream()
            .map(
                snapshot ->
                    new SnapshotAnswer(
                        snapshot.id().value(),
                        snapshot.committedAt(),
                        snapshot.operation(),
                        pins.getOrDefault(snapshot.id(), List.of())))
            .toList();
    ApiJson.write(response, 200, new SnapshotPage(answers, next));
  }

  /** Names of pins by snapshot. */
  private Map<SnapshotId, List<String>> pins(Caller caller) {
    return retention.pins(caller.tenant()).stream()
        .collect(
            Collectors.groupingBy(
                Pin::snapshot, Collectors.mapping(Pin::name, Collectors.toList())));
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
                        table.createdIn().value(),
                        isReadable(caller.tenant(), id, table.name())))
            .toList();
    ApiJson.write(
        response,
        200,
        new SnapshotDetail(
            snapshot.id().value(),
            snapshot.committedAt(),
            snapshot.operation(),
            pins(caller).getOrDefault(id, List.of()),
            tables));
  }

  private boolean isReadable(TenantId tenant, SnapshotId id, String table) {
    try {
      return catalog.snapshots().changedIn(tenant, id, table).isPresent();
    } catch (SnapshotExpiredException e) {
      return false;
    }
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
