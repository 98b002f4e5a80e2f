package io.duckmesh.api.quarantine;

import io.duckmesh.api.ApiSettings;
import io.duckmesh.api.auth.Caller;
import io.duckmesh.api.auth.RequiresRole;
import io.duckmesh.api.ingest.IngestRequest;
import io.duckmesh.api.ingest.RequestBodies;
import io.duckmesh.api.json.ApiJson;
import io.duckmesh.api.problem.ApiError;
import io.duckmesh.api.problem.ProblemException;
import io.duckmesh.api.receipt.Positions;
import io.duckmesh.api.receipt.Receipt;
import io.duckmesh.api.receipt.Receipts;
import io.duckmesh.api.receipt.VisibilityTokens;
import io.duckmesh.api.tables.LiveTables;
import io.duckmesh.bus.BusUnavailableException;
import io.duckmesh.bus.EventBus;
import io.duckmesh.bus.QuarantineContent;
import io.duckmesh.bus.QuarantineEntry;
import io.duckmesh.bus.QuarantineEntryNotFoundException;
import io.duckmesh.bus.QuarantineFilter;
import io.duckmesh.bus.QuarantineId;
import io.duckmesh.bus.QuarantineState;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.Role;
import io.duckmesh.catalog.ShardId;
import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.TableInfo;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.engine.segment.SegmentCodec;
import io.duckmesh.engine.segment.SegmentHeader;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.apache.arrow.memory.BufferAllocator;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** {@code /v1/quarantine}. */
@RestController
public final class QuarantineController {
  private static final int DEFAULT_LIMIT = 100;
  private static final int MAX_LIMIT = 1_000;

  private final Catalog catalog;
  private final EventBus bus;
  private final RequestBodies bodies;
  private final Receipts receipts;
  private final VisibilityTokens tokens;
  private final Contents contents;
  private final Replays replays;

  public QuarantineController(
      Catalog catalog,
      EventBus bus,
      LiveTables tables,
      RequestBodies bodies,
      Receipts receipts,
      VisibilityTokens tokens,
      BufferAllocator allocator,
      ApiSettings settings) {
    this.catalog = catalog;
    this.bus = bus;
    this.bodies = bodies;
    this.receipts = receipts;
    this.tokens = tokens;
    this.contents = new Contents(catalog, allocator);
    this.replays =
        new Replays(
            catalog,
            bus.quarantine(),
            tables,
            contents,
            allocator,
            settings.maxRows(),
            settings.maxBodyBytes());
  }

  /**
   * An entry.
   *
   * @param table name of the table, null if the segment does not tell it
   * @param acceptedAt when its events were accepted
   * @param replay where its events went, null if it was not replayed
   */
  record EntryAnswer(
      long quarantineId,
      @Nullable String table,
      @Nullable String tableId,
      String shard,
      long position,
      long rowCount,
      long sizeBytes,
      String reason,
      String state,
      Instant acceptedAt,
      Instant quarantinedAt,
      @Nullable Instant replayedAt,
      @Nullable Instant droppedAt,
      @Nullable ReplayAnswer replay) {}

  record ReplayAnswer(
      String receiptId, String token, @Nullable String table, String tableId, long accepted) {}

  /**
   * @param before what to ask with for the next page, null on the last one
   */
  record EntryPage(List<EntryAnswer> entries, @Nullable Long before) {}

  /**
   * @param schemaVersion the version of the table's schema that its rows were written for or do not
   *     fit, null if the segment does not tell
   * @param unreadable why there are no rows, null if there are
   * @param nextOffset what to ask with for further rows, null behind the last one
   */
  record EntryDetail(
      EntryAnswer entry,
      @Nullable Integer schemaVersion,
      List<Contents.EntryRow> rows,
      @Nullable String unreadable,
      @Nullable Integer nextOffset) {}

  @GetMapping("/v1/quarantine")
  @RequiresRole(Role.OPS_ADMIN)
  void list(
      Caller caller,
      @RequestParam(name = "table", required = false) @Nullable String table,
      @RequestParam(name = "state", required = false) @Nullable String state,
      @RequestParam(name = "before", required = false) @Nullable Long before,
      @RequestParam(name = "limit", required = false) @Nullable Integer limit,
      HttpServletResponse response)
      throws IOException {
    int count = limit(limit);
    QuarantineFilter filter = QuarantineFilter.NEWEST.withLimit(count);
    if (table != null) {
      filter = filter.withTables(tablesNamed(caller.tenant(), table));
    }
    if (state != null) {
      filter = filter.withState(state(state));
    }
    if (before != null) {
      filter = filter.withBefore(id(before.toString()));
    }
    List<QuarantineEntry> entries = bus.quarantine().list(caller.tenant().value(), filter);
    Names names = new Names();
    ApiJson.write(
        response,
        200,
        new EntryPage(
            entries.stream().map(entry -> answer(caller.tenant(), entry, names)).toList(),
            entries.size() < count ? null : entries.getLast().id().value()));
  }

  @GetMapping("/v1/quarantine/{quarantine_id}")
  @RequiresRole(Role.OPS_ADMIN)
  void show(
      Caller caller,
      @PathVariable("quarantine_id") String text,
      @RequestParam(name = "offset", required = false) @Nullable Integer offset,
      @RequestParam(name = "limit", required = false) @Nullable Integer limit,
      HttpServletResponse response)
      throws IOException {
    int from = offset == null ? 0 : offset;
    int count = limit(limit);
    if (from < 0) {
      throw new ProblemException(
          ApiError.INVALID_REQUEST, "Parameter offset is negative: " + offset);
    }
    QuarantineId id = id(text);
    QuarantineContent content =
        bus.quarantine()
            .find(caller.tenant().value(), id)
            .orElseThrow(() -> new QuarantineEntryNotFoundException(caller.tenant().value(), id));
    List<Contents.EntryRow> rows = List.of();
    String unreadable = null;
    if (content.entry().state() == QuarantineState.QUARANTINED) {
      try {
        rows = contents.rows(content.payload(), from, count);
      } catch (Contents.UnreadableException e) {
        unreadable = e.getMessage();
      }
    }
    boolean more = rows.size() == count && from + count < content.entry().rowCount();
    ApiJson.write(
        response,
        200,
        new EntryDetail(
            answer(caller.tenant(), content.entry(), new Names()),
            SegmentCodec.salvageHeader(content.payload())
                .filter(header -> content.entry().table() != null)
                .map(SegmentHeader::schemaVersion)
                .orElse(null),
            rows,
            unreadable,
            more ? from + count : null));
  }

  @PostMapping("/v1/quarantine/{quarantine_id}/replay")
  @RequiresRole(Role.OPS_ADMIN)
  void replay(
      Caller caller,
      @PathVariable("quarantine_id") String text,
      HttpServletRequest request,
      HttpServletResponse response)
      throws IOException {
    QuarantineId id = id(text);
    Replays.Edited edited = null;
    QuarantineEntry entry;
    // The type first: reading parameters of a form would take the body away.
    if (request.getContentType() == null) {
      entry = replay(caller, id, request.getParameter("table"), null);
    } else {
      var format = IngestRequest.format(request.getContentType());
      try (RequestBodies.Body body = bodies.read(request)) {
        edited = new Replays.Edited(format, body.bytes());
        entry = replay(caller, id, request.getParameter("table"), edited);
      }
    }
    ApiJson.write(response, 202, answer(caller.tenant(), entry, new Names()));
  }

  private QuarantineEntry replay(
      Caller caller, QuarantineId id, @Nullable String table, Replays.@Nullable Edited edited)
      throws IOException {
    try {
      return replays.replay(caller.tenant(), id, table, edited);
    } catch (BusUnavailableException e) {
      throw new ProblemException(
          ApiError.UNAVAILABLE,
          e.outcomeUnknown()
              ? "The log did not answer: the entry may have been replayed; repeating is safe, it is"
                  + " replayed once"
              : "The log does not answer; nothing was replayed",
          Map.of("outcome_unknown", e.outcomeUnknown()),
          null,
          e);
    }
  }

  @DeleteMapping("/v1/quarantine/{quarantine_id}")
  @RequiresRole(Role.OPS_ADMIN)
  void drop(Caller caller, @PathVariable("quarantine_id") String text, HttpServletResponse response)
      throws IOException {
    QuarantineEntry entry = bus.quarantine().drop(caller.tenant().value(), id(text));
    ApiJson.write(response, 200, answer(caller.tenant(), entry, new Names()));
  }

  private EntryAnswer answer(TenantId tenant, QuarantineEntry entry, Names names) {
    QuarantineEntry.Replay replay = entry.replay();
    return new EntryAnswer(
        entry.id().value(),
        names.of(entry.table()),
        entry.table() == null ? null : entry.table().toString(),
        entry.shard().value(),
        entry.position().value(),
        entry.rowCount(),
        entry.sizeBytes(),
        entry.reason(),
        entry.state().name().toLowerCase(Locale.ROOT),
        entry.publishedAt(),
        entry.quarantinedAt(),
        entry.state() == QuarantineState.REPLAYED ? entry.finishedAt() : null,
        entry.state() == QuarantineState.DROPPED ? entry.finishedAt() : null,
        replay == null ? null : answer(tenant, entry, replay, names));
  }

  private ReplayAnswer answer(
      TenantId tenant, QuarantineEntry entry, QuarantineEntry.Replay replay, Names names) {
    Positions positions =
        Positions.of(
            replay.parts().stream()
                .collect(
                    Collectors.toMap(
                        part -> new ShardId(part.shard().value()),
                        part -> part.position().value())));
    Receipt receipt =
        new Receipt(
            tenant,
            new TableId(replay.table()),
            replay.rowCount(),
            entry.finishedAt() == null ? entry.quarantinedAt() : entry.finishedAt(),
            positions);
    return new ReplayAnswer(
        receipts.encode(receipt),
        tokens.encode(tenant, positions),
        names.of(replay.table()),
        replay.table().toString(),
        replay.rowCount());
  }

  /** Names of tables, looked up once for an answer. */
  private final class Names {
    private final Map<UUID, Optional<String>> known = new HashMap<>();

    @Nullable String of(@Nullable UUID table) {
      return table == null
          ? null
          : known
              .computeIfAbsent(
                  table, id -> catalog.tables().find(new TableId(id)).map(TableInfo::name))
              .orElse(null);
    }
  }

  private Set<UUID> tablesNamed(TenantId tenant, String name) {
    List<TableInfo> tables = catalog.tables().listNamed(tenant, name);
    if (tables.isEmpty()) {
      throw new ProblemException(
          ApiError.TABLE_NOT_FOUND,
          "There is no table %s and never was".formatted(name),
          Map.of("table", name));
    }
    return tables.stream().map(table -> table.id().value()).collect(Collectors.toSet());
  }

  private static QuarantineState state(String text) {
    return Arrays.stream(QuarantineState.values())
        .filter(state -> state.name().toLowerCase(Locale.ROOT).equals(text))
        .findFirst()
        .orElseThrow(
            () ->
                new ProblemException(
                    ApiError.INVALID_REQUEST,
                    "Parameter state is %s, possible: quarantined, replayed, dropped"
                        .formatted(text)));
  }

  private static int limit(@Nullable Integer limit) {
    int count = limit == null ? DEFAULT_LIMIT : limit;
    if (count < 1 || count > MAX_LIMIT) {
      throw new ProblemException(
          ApiError.INVALID_REQUEST,
          "Parameter limit is %d, possible are 1 to %d".formatted(count, MAX_LIMIT));
    }
    return count;
  }

  private static QuarantineId id(String text) {
    try {
      return new QuarantineId(Long.parseLong(text));
    } catch (IllegalArgumentException e) {
      throw new ProblemException(
          ApiError.INVALID_REQUEST, "A quarantine id is a positive number, this is not: " + text);
    }
  }
}
