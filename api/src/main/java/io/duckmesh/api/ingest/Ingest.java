package io.duckmesh.api.ingest;

import io.duckmesh.api.problem.ApiError;
import io.duckmesh.api.problem.ProblemException;
import io.duckmesh.api.receipt.Positions;
import io.duckmesh.api.receipt.Receipt;
import io.duckmesh.api.receipt.Receipts;
import io.duckmesh.api.tables.LiveTable;
import io.duckmesh.bus.BacklogFullException;
import io.duckmesh.bus.BusUnavailableException;
import io.duckmesh.bus.EventBus;
import io.duckmesh.bus.Position;
import io.duckmesh.bus.Segment;
import io.duckmesh.bus.ShardNotFoundException;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.CatalogUnavailableException;
import io.duckmesh.catalog.RequestClaim;
import io.duckmesh.catalog.ShardId;
import io.duckmesh.catalog.TableId;
import io.duckmesh.engine.rows.BodyTooLargeException;
import io.duckmesh.engine.rows.InvalidRowsException;
import io.duckmesh.engine.rows.JsonRows;
import io.duckmesh.engine.rows.RejectedRows;
import io.duckmesh.engine.rows.RowError;
import io.duckmesh.engine.rows.RowOptions;
import io.duckmesh.engine.rows.SortedRows;
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
import java.util.Optional;
import org.apache.arrow.memory.BufferAllocator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes events: checks all rows, encodes them as one segment per shard, and publishes these at
 * once. When it returns, the events are durable.
 */
final class Ingest {
  private static final Logger LOG = LoggerFactory.getLogger(Ingest.class);

  private static final int MAX_ERRORS = 20;

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
   * @param errors what is wrong with the first rows that did not fit, in words
   */
  record Taken(String receiptId, Receipt receipt, boolean replayed, List<String> errors) {}

  /**
   * A request as segments, those of one shard next to each other.
   *
   * @param misfits rows that do not fit, whose segment is the last one; null if all fit
   */
  private record Prepared(List<Segment> segments, @Nullable RejectedRows misfits) {
    List<String> errors() {
      return misfits == null
          ? List.of()
          : misfits.rows().stream()
              .limit(MAX_ERRORS)
              .map(row -> row.errors().getFirst().describe())
              .toList();
    }
  }

  /**
   * Takes the events of the body, all or none; with {@link IngestRequest.OnError#QUARANTINE} also
   * those that do not fit, in the same step.
   *
   * <p>The request key is claimed only for rows that fit, and given up again if the log refuses
   * them, so that a client may send another body under the key of a refused one. A request that was
   * taken before is answered with its receipt even if its rows do not fit what this one asks for.
   */
  Taken take(LiveTable table, byte[] body, IngestRequest request) throws IOException {
    String requestKey = request.requestKey();
    if (requestKey == null) {
      Prepared prepared = prepare(table, body, request, null);
      Receipt receipt = publish(table, prepared);
      return new Taken(receipts.encode(receipt), receipt, false, prepared.errors());
    }
    TableId tableId = table.info().id();
    KeyHash bodyHash =
        KeyHashes.body(request.format().name().getBytes(StandardCharsets.UTF_8), body);
    Prepared prepared;
    try {
      prepared = prepare(table, body, request, ledgerKey(requestKey, bodyHash));
    } catch (InvalidRowsException e) {
      return takenBefore(table, requestKey, toCatalog(bodyHash), e).orElseThrow(() -> e);
    }
    RequestClaim claim = catalog.requestKeys().claim(tableId, requestKey, toCatalog(bodyHash));
    if (!claim.bodyHash().equals(toCatalog(bodyHash))) {
      throw new ProblemException(
          ApiError.IDEMPOTENCY_CONFLICT,
          "The Idempotency-Key %s came before with another body".formatted(requestKey),
          Map.of("idempotency_key", requestKey));
    }
    String known = claim.receiptId();
    if (known != null) {
      return replay(table, known, prepared.errors());
    }
    Receipt receipt;
    try {
      receipt = publish(table, prepared);
    } catch (BacklogFullException | ShardNotFoundException e) {
      giveUp(tableId, requestKey, claim);
      throw e;
    } catch (BusUnavailableException e) {
      if (!e.outcomeUnknown()) {
        giveUp(tableId, requestKey, claim);
      }
      throw e;
    }
    String receiptId = receipts.encode(receipt);
    String first = complete(tableId, requestKey, receiptId);
    return first.equals(receiptId)
        ? new Taken(receiptId, receipt, false, prepared.errors())
        : replay(table, first, prepared.errors());
  }

  /** The receipt of the request with that key and body, whatever is wrong with its rows now. */
  private Optional<Taken> takenBefore(
      LiveTable table,
      String requestKey,
      io.duckmesh.catalog.KeyHash bodyHash,
      InvalidRowsException wrong) {
    return catalog
        .requestKeys()
        .find(table.info().id(), requestKey)
        .filter(claim -> claim.bodyHash().equals(bodyHash))
        .map(RequestClaim::receiptId)
        .map(
            receiptId -> {
              Taken taken = replay(table, receiptId, List.of());
              return taken.receipt().misfits() == null
                  ? taken
                  : replay(
                      table,
                      receiptId,
                      wrong.errors().stream().limit(MAX_ERRORS).map(RowError::describe).toList());
            });
  }

  /** Nothing was appended, so the key may be used for another body. */
  private void giveUp(TableId table, String requestKey, RequestClaim claim) {
    try {
      catalog.requestKeys().release(table, requestKey, claim);
    } catch (CatalogUnavailableException e) {
      LOG.warn("Claim of a refused request stays table_id={} cause=\"{}\"", table, e.toString());
    }
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

  private Taken replay(LiveTable table, String receiptId, List<String> errors) {
    return new Taken(receiptId, receipts.decode(table.info().tenant(), receiptId), true, errors);
  }

  private Receipt publish(LiveTable table, Prepared prepared) {
    List<Segment> segments = prepared.segments();
    List<Position> positions = bus.publish(segments);
    Map<ShardId, Long> byShard = new HashMap<>();
    Receipt.Misfits misfits = null;
    long rows = 0;
    for (int i = 0; i < segments.size(); i++) {
      ShardId shard = new ShardId(segments.get(i).shard().value());
      long position = positions.get(i).value();
      rows += segments.get(i).rowCount();
      if (prepared.misfits() != null && i == segments.size() - 1) {
        misfits = new Receipt.Misfits(shard, position, segments.get(i).rowCount());
      } else {
        byShard.put(shard, position);
      }
    }
    return new Receipt(
        table.info().tenant(),
        table.info().id(),
        rows,
        clock.instant(),
        Positions.of(byShard),
        misfits);
  }

  private Prepared prepare(
      LiveTable table, byte[] body, IngestRequest request, @Nullable String ledgerKey)
      throws IOException {
    RowOptions options =
        RowOptions.DEFAULTS
            .withEventKeyColumns(table.info().eventKey())
            .withMaxBytes(maxBytes)
            .withMaxRows(maxRows);
    try (SortedRows sorted = read(table, body, request, options)) {
      List<Segment> segments = new ArrayList<>();
      if (sorted.rows() != null) {
        segments.addAll(
            TableSegments.encode(
                table,
                sorted.rows(),
                ledgerKey == null
                    ? TableSegments.RequestKeys.NONE
                    : TableSegments.RequestKeys.of(ledgerKey)));
      }
      RejectedRows misfits = sorted.rejected();
      if (misfits != null) {
        segments.add(misfits(table, misfits, ledgerKey));
      }
      return new Prepared(segments, misfits);
    } catch (BodyTooLargeException e) {
      throw new ProblemException(
          ApiError.PAYLOAD_TOO_LARGE,
          "The body has more than %d %s; send it in parts".formatted(e.limit(), e.unit()),
          Map.of("limit_" + e.unit(), e.limit()));
    }
  }

  private SortedRows read(LiveTable table, byte[] body, IngestRequest request, RowOptions options)
      throws IOException {
    ByteArrayInputStream in = new ByteArrayInputStream(body);
    return switch (request.onError()) {
      case REJECT ->
          new SortedRows(
              JsonRows.read(in, request.format(), table.schema(), options, allocator), null);
      case QUARANTINE -> JsonRows.sort(in, request.format(), table.schema(), options, allocator);
    };
  }

  /** All go to one shard: nobody can tell the keys of rows that do not fit. */
  private static Segment misfits(LiveTable table, RejectedRows rows, @Nullable String ledgerKey) {
    int count = rows.rows().size();
    SegmentHeader header =
        SegmentHeader.ofRejected(
            table.info().id().value(),
            table.schema().version(),
            count,
            ledgerKey == null ? null : KeyHashes.rejectedRows(ledgerKey));
    return new Segment(table.shards().getFirst(), count, SegmentCodec.encode(header, rows));
  }

  private static io.duckmesh.catalog.KeyHash toCatalog(KeyHash hash) {
    return new io.duckmesh.catalog.KeyHash(hash.high(), hash.low());
  }
}
