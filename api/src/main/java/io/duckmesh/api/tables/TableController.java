package io.duckmesh.api.tables;

import io.duckmesh.api.auth.Caller;
import io.duckmesh.api.auth.RequiresRole;
import io.duckmesh.api.ingest.RequestBodies;
import io.duckmesh.api.json.ApiJson;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.Role;
import io.duckmesh.catalog.Snapshot;
import io.duckmesh.catalog.TableDraft;
import io.duckmesh.catalog.TableInfo;
import io.duckmesh.catalog.TableNotFoundException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/** {@code /v1/tables}. */
@RestController
public final class TableController {
  private final Catalog catalog;
  private final LiveTables tables;
  private final RequestBodies bodies;
  private final TableDrafts drafts;

  public TableController(
      Catalog catalog, LiveTables tables, RequestBodies bodies, BufferAllocator allocator) {
    this.catalog = catalog;
    this.tables = tables;
    this.bodies = bodies;
    this.drafts = new TableDrafts(allocator);
  }

  record TableList(List<TableAnswer> tables) {}

  record Dropped(String name, long snapshotId) {}

  @PostMapping("/v1/tables")
  @RequiresRole(Role.TABLE_ADMIN)
  void create(Caller caller, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    TableDraft draft = drafts.read(bodies.readJson(request));
    TableInfo created = catalog.tables().create(caller.tenant(), draft);
    tables.forget(caller.tenant(), draft.name());
    response.setHeader("Location", "/v1/tables/" + created.name());
    ApiJson.write(response, 201, TableAnswer.of(created, catalog.tables().counts(created.id())));
  }

  @GetMapping("/v1/tables")
  @RequiresRole({Role.QUERY_READER, Role.TABLE_ADMIN, Role.INGEST_WRITER})
  void list(Caller caller, HttpServletResponse response) throws IOException {
    List<TableAnswer> answers =
        catalog.tables().list(caller.tenant()).stream()
            .map(info -> TableAnswer.of(info, null))
            .toList();
    ApiJson.write(response, 200, new TableList(answers));
  }

  @GetMapping("/v1/tables/{table}")
  @RequiresRole({Role.QUERY_READER, Role.TABLE_ADMIN, Role.INGEST_WRITER})
  void describe(Caller caller, @PathVariable("table") String table, HttpServletResponse response)
      throws IOException {
    TableInfo info =
        catalog
            .tables()
            .find(caller.tenant(), table)
            .orElseThrow(() -> tables.notFound(caller.tenant(), table));
    ApiJson.write(response, 200, TableAnswer.of(info, catalog.tables().counts(info.id())));
  }

  @DeleteMapping("/v1/tables/{table}")
  @RequiresRole(Role.TABLE_ADMIN)
  void drop(Caller caller, @PathVariable("table") String table, HttpServletResponse response)
      throws IOException {
    Snapshot snapshot;
    try {
      snapshot = catalog.tables().drop(caller.tenant(), table);
    } catch (TableNotFoundException e) {
      throw tables.notFound(caller.tenant(), table);
    }
    tables.forget(caller.tenant(), table);
    ApiJson.write(response, 200, new Dropped(table, snapshot.id().value()));
  }
}
