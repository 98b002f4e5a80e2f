package io.duckmesh.api.tables;

import io.duckmesh.api.auth.Caller;
import io.duckmesh.api.auth.RequiresRole;
import io.duckmesh.api.ingest.RequestBodies;
import io.duckmesh.api.json.ApiJson;
import io.duckmesh.api.problem.Preconditions;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.Role;
import io.duckmesh.catalog.Snapshot;
import io.duckmesh.catalog.TableDraft;
import io.duckmesh.catalog.TableInfo;
import io.duckmesh.catalog.TableNotFoundException;
import io.duckmesh.catalog.upkeep.Policies;
import io.duckmesh.catalog.upkeep.TableWishes;
import io.duckmesh.catalog.upkeep.Upkeep;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PatchMapping;
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
  private final Policies policies;

  public TableController(
      Catalog catalog,
      Upkeep upkeep,
      LiveTables tables,
      RequestBodies bodies,
      BufferAllocator allocator) {
    this.catalog = catalog;
    this.policies = upkeep.policies();
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
    answer(response, 201, created);
  }

  @GetMapping("/v1/tables")
  @RequiresRole({Role.QUERY_READER, Role.TABLE_ADMIN, Role.INGEST_WRITER})
  void list(Caller caller, HttpServletResponse response) throws IOException {
    List<TableAnswer> answers =
        catalog.tables().list(caller.tenant()).stream()
            .map(info -> TableAnswer.of(info, null, null))
            .toList();
    ApiJson.write(response, 200, new TableList(answers));
  }

  @GetMapping("/v1/tables/{table}")
  @RequiresRole({Role.QUERY_READER, Role.TABLE_ADMIN, Role.INGEST_WRITER})
  void describe(Caller caller, @PathVariable("table") String table, HttpServletResponse response)
      throws IOException {
    answer(response, 200, find(caller, table));
  }

  private TableInfo find(Caller caller, String table) {
    return catalog
        .tables()
        .find(caller.tenant(), table)
        .orElseThrow(() -> tables.notFound(caller.tenant(), table));
  }

  private void answer(HttpServletResponse response, int status, TableInfo info) throws IOException {
    TableWishes wishes = policies.wishes(info.id());
    PolicyAnswer policy =
        PolicyAnswer.ofTable(info, policies.effective(info.id()), wishes.policy());
    response.setHeader("ETag", Preconditions.tag(wishes));
    ApiJson.write(
        response, status, TableAnswer.of(info, policy, catalog.tables().counts(info.id())));
  }

  @PatchMapping("/v1/tables/{table}")
  @RequiresRole(Role.TABLE_ADMIN)
  void change(
      Caller caller,
      @PathVariable("table") String table,
      HttpServletRequest request,
      HttpServletResponse response)
      throws IOException {
    byte[] body = bodies.readJson(request);
    while (true) {
      TableInfo info = find(caller, table);
      TableWishes before = policies.wishes(info.id());
      Preconditions.check(request, Preconditions.tag(before));
      TableWishes wishes = TableChange.read(body, info, before);
      // Who said what to change alone changes that, whatever else another changes meanwhile.
      if (policies.replace(info.id(), before, wishes)) {
        answer(response, 200, find(caller, table));
        return;
      }
    }
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
