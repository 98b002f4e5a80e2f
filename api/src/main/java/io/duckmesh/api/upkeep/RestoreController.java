package io.duckmesh.api.upkeep;

import io.duckmesh.api.auth.Caller;
import io.duckmesh.api.auth.RequiresRole;
import io.duckmesh.api.ingest.RequestBodies;
import io.duckmesh.api.json.ApiJson;
import io.duckmesh.api.json.JsonFields;
import io.duckmesh.api.tables.LiveTables;
import io.duckmesh.api.tables.MissingTable;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.Role;
import io.duckmesh.catalog.Snapshot;
import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.TableNotFoundException;
import io.duckmesh.catalog.upkeep.DroppedTable;
import io.duckmesh.catalog.upkeep.RestorePlan;
import io.duckmesh.catalog.upkeep.Restored;
import io.duckmesh.catalog.upkeep.Restores;
import io.duckmesh.catalog.upkeep.Upkeep;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Tables that go back to what they were. */
@RestController
public final class RestoreController {
  private final Catalog catalog;
  private final Restores restores;
  private final LiveTables tables;
  private final RequestBodies bodies;

  public RestoreController(
      Catalog catalog, Upkeep upkeep, LiveTables tables, RequestBodies bodies) {
    this.catalog = catalog;
    this.restores = upkeep.restores();
    this.tables = tables;
    this.bodies = bodies;
  }

  /**
   * @param snapshotId the snapshot that was made, null if it is only planned
   * @param restoredFrom the snapshot whose rows the table gets
   */
  record RestoreAnswer(
      String table,
      boolean dryRun,
      @Nullable Long snapshotId,
      long restoredFrom,
      long rowsBefore,
      long rowsAfter,
      long filesEnded,
      long filesBegun) {
    static RestoreAnswer of(RestorePlan plan, @Nullable Snapshot made) {
      return new RestoreAnswer(
          plan.name(),
          made == null,
          made == null ? null : made.id().value(),
          plan.to().value(),
          plan.rowsBefore(),
          plan.rowsAfter(),
          plan.filesEnded(),
          plan.filesBegun());
    }
  }

  record DroppedAnswer(String name, String tableId, long droppedIn, Instant droppedAt) {
    static DroppedAnswer of(DroppedTable table) {
      return new DroppedAnswer(
          table.name(), table.table().toString(), table.droppedIn().value(), table.droppedAt());
    }
  }

  record DroppedList(List<DroppedAnswer> tables) {}

  record Undropped(String name, long snapshotId) {}

  @PostMapping("/v1/tables/{table}/restore")
  @RequiresRole(Role.TABLE_ADMIN)
  void restore(
      Caller caller,
      @PathVariable("table") String table,
      HttpServletRequest request,
      HttpServletResponse response)
      throws IOException {
    JsonFields fields = JsonFields.parse(bodies.readJson(request));
    SnapshotChoice choice = SnapshotChoice.read(fields);
    if (!fields.has("snapshot_id") && !fields.has("as_of")) {
      fields.problem("snapshot_id", "is missing; name the snapshot to go back to, or as_of");
    }
    boolean dryRun = fields.flag("dry_run");
    fields.refuseUnknown();
    fields.check();
    String name = tables.reload(caller.tenant(), table).info().name();
    SnapshotId to = choice.find(catalog.snapshots(), caller.tenant());
    RestoreAnswer answer;
    try {
      if (dryRun) {
        answer = RestoreAnswer.of(restores.plan(caller.tenant(), name, to), null);
      } else {
        Restored restored = restores.restore(caller.tenant(), name, to);
        answer = RestoreAnswer.of(restored.plan(), restored.snapshot());
      }
    } catch (TableNotFoundException e) {
      throw MissingTable.problem(name, to, List.of());
    }
    ApiJson.write(response, 200, answer);
  }

  @PostMapping("/v1/tables/{table}/undrop")
  @RequiresRole(Role.TABLE_ADMIN)
  void undrop(
      Caller caller,
      @PathVariable("table") String table,
      @RequestParam(name = "table_id", required = false) @Nullable UUID tableId,
      HttpServletResponse response)
      throws IOException {
    Snapshot snapshot;
    try {
      snapshot =
          restores.undrop(caller.tenant(), table, tableId == null ? null : new TableId(tableId));
    } catch (TableNotFoundException e) {
      throw MissingTable.problem(
          table, null, restores.dropped(caller.tenant()).stream().map(DroppedTable::name).toList());
    }
    String name = tables.reload(caller.tenant(), table).info().name();
    ApiJson.write(response, 200, new Undropped(name, snapshot.id().value()));
  }

  @GetMapping("/v1/dropped-tables")
  @RequiresRole({Role.QUERY_READER, Role.TABLE_ADMIN})
  void dropped(Caller caller, HttpServletResponse response) throws IOException {
    ApiJson.write(
        response,
        200,
        new DroppedList(
            restores.dropped(caller.tenant()).stream().map(DroppedAnswer::of).toList()));
  }
}
