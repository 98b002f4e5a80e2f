package io.duckmesh.api.ingest;

import io.duckmesh.api.problem.ApiError;
import io.duckmesh.api.problem.ProblemException;
import io.duckmesh.api.receipt.Positions;
import io.duckmesh.api.receipt.Receipt;
import io.duckmesh.api.receipt.Receipts;
import io.duckmesh.api.tables.LiveTable;
import io.duckmesh.bus.EventBus;
import io.duckmesh.bus.Position;
import io.duckmesh.bus.Segment;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.CatalogUnavailableException;
import io.duckmesh.catalog.RequestClaim;
import io.duckmesh.catalog.ShardId;
import io.duckmesh.catalog.TableId;
import io.duckmesh.engine.rows.BodyTooLargeException;
import io.duckmesh.engine.rows.JsonRows;
import io.duckmesh.engine.rows.RowBatch;
import io.duckmesh.engine.rows.RowOptions;
import io.duckmesh.engine.rows.RowSplitter;
import io.duckmesh.engine.segment.KeyHash;
import io.duckmesh.engine.segment.KeyHashes;
import io.duckmesh.engine.segment.SegmentCodec;
import io.duckmesh.engine.segment.SegmentHeader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.arrow.memory.BufferAllocator;
import org.jspecify.annotations.Nullable;

/**
 * Takes events: checks all rows, encodes them as one segment per shard, and publishes these at
 * once. When it returns, the events are durable.
 */
final class Ingest {
  private final Catalog catalog;
  private final EventBus bus;
  private final Receipts receipts;
  private final BufferAllocator allocator;
  private final Clock clock;
  private final long maxRows;
  private final long maxBytes;

  Ingest(
      Catalog catalog,
      EventBus bus,
      Receipts receipts,
      BufferAllocator allocator,
      Clock clock,
      long maxRows,
      long maxBytes) {
    this.catalog = catalog;
    this.bus = bus;
    this.receipts = receipts;
    this.allocator = allocator;
    this.clock = clock;
    this.maxRows = maxRows;
    this.maxBytes = maxBytes;
  }

  /**
   * What was taken.
   *
   * @param replayed whether the receipt is that of an earlier request with the same key and body
   */
  record Taken(String receiptId, Receipt receipt, boolean replayed) {}

  /**
   * Takes the events of the body, all or none.
   *
   * <p>The request key is claimed only for rows that fit, so that a client may correct a refused
   * body and send it under the same key.
   */
  Taken take(LiveTable table, byte[] body, IngestRequest request) throws IOException {
    String requestKey = request.requestKey();
    if (requestKey == null) {
      Receipt receipt = publish(table, segments(table, body, request, null));
      return new Taken(receipts.encode(receipt), receipt, false);
    }
    TableId tableId = table.info().id();
    KeyHash bodyHash =
        KeyHashes.body(request.format().name().getBytes(StandardCharsets.UTF_8), body);
    List<Segment> segments = segments(table, body, request, ledgerKey(requestKey, bodyHash));
    RequestClaim claim = catalog.requestKeys().claim(tableId, requestKey, toCatalog(bodyHash));
    if (!claim.bodyHash().equals(toCatalog(bodyHash))) {
      throw new ProblemException(
          ApiError.IDEMPOTENCY_CONFLICT,
          "The Idempotency-Key %s came before with another body".formatted(requestKey),
          Map.of("idempotency_key", requestKey));
    }
    String known = claim.receiptId();
    if (known != null) {
      return replay(table, known);
    }
    Receipt receipt = publish(table, segments);
    String receiptId = receipts.encode(receipt);
    String first = complete(tableId, requestKey, receiptId);
    return first.equals(receiptId) ? new Taken(receiptId, receipt, false) : replay(table, first);
  }

  /**
   * What the ledger knows the request by. The body is part of it: the ledger remembers for a little
   * longer than the claim, and must not take a new body under an old key for the old one.
   */
  private static String ledgerKey(String requestKey, KeyHash bodyHash) {
    return "%s %016x%016x".formatted(requestKey, bodyHash.high(), bodyHash.low());
  }

  private String complete(TableId table, String requestKey, String receiptId) {
    try {
      return catalog.requestKeys().complete(table, requestKey, receiptId);
    } catch (CatalogUnavailableException e) {
      throw new ProblemException(
          ApiError.UNAVAILABLE,
          "The events were accepted and their receipt could not be recorded; repeat the request with"
              + " the same Idempotency-Key to get it, no event is taken twice",
          Map.of("outcome_unknown", true),
          null,
          e);
    }
  }

  private Taken replay(LiveTable table, String receiptId) {
    return new Taken(receiptId, receipts.decode(table.info().tenant(), receiptId), true);
  }

  private Receipt publish(LiveTable table, List<Segment> segments) {
    List<Position> positions = bus.publish(segments);
    Map<ShardId, Long> byShard = new HashMap<>();
    long rows = 0;
    for (int i = 0; i < segments.size(); i++) {
      byShard.put(new ShardId(segments.get(i).shard().value()), positions.get(i).value());
      rows += segments.get(i).rowCount();
    }
    return new Receipt(
        table.info().tenant(), table.info().id(), rows, clock.instant(), Positions.of(byShard));
  }

  private List<Segment> segments(
      LiveTable table, byte[] body, IngestRequest request, @Nullable String ledgerKey)
      throws IOException {
    RowOptions options =
        RowOptions.DEFAULTS
            .withEventKeyColumns(table.info().eventKey())
            .withMaxBytes(maxBytes)
            .withMaxRows(maxRows);
    List<Segment> segments = new ArrayList<>();
    try (RowBatch rows =
        JsonRows.read(
            new ByteArrayInputStream(body), request.format(), table.schema(), options, allocator)) {
      if (rows.rowCount() == 0) {
        throw new ProblemException(ApiError.INVALID_REQUEST, "The body has no events");
      }
      int shards = table.shards().size();
      if (shards == 1) {
        segments.add(segment(table, 0, rows, ledgerKey));
        return segments;
      }
      List<@Nullable RowBatch> parts = RowSplitter.split(rows, shards);
      try {
        for (int i = 0; i < parts.size(); i++) {
          RowBatch part = parts.get(i);
          if (part != null) {
            segments.add(segment(table, i, part, ledgerKey));
          }
        }
      } finally {
        for (RowBatch part : parts) {
          if (part != null) {
            part.close();
          }
        }
      }
      return segments;
    } catch (BodyTooLargeException e) {
      throw new ProblemException(
          ApiError.PAYLOAD_TOO_LARGE,
          "The body has more than %d %s; send it in parts".formatted(e.limit(), e.unit()),
          Map.of("limit_" + e.unit(), e.limit()));
    }
  }

  private static Segment segment(
      LiveTable table, int ordinal, RowBatch rows, @Nullable String ledgerKey) {
    SegmentHeader header =
        new SegmentHeader(
            table.info().id().value(),
            table.schema().version(),
            rows.rowCount(),
            ledgerKey == null ? null : KeyHashes.requestKey(ledgerKey, ordinal),
            rows.eventKeys() != null);
    return new Segment(
        table.shards().get(ordinal), rows.rowCount(), SegmentCodec.encode(header, rows));
  }

  private static io.duckmesh.catalog.KeyHash toCatalog(KeyHash hash) {
    return new io.duckmesh.catalog.KeyHash(hash.high(), hash.low());
  }
}
