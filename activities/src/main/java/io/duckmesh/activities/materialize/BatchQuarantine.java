package io.duckmesh.activities.materialize;

import io.duckmesh.bus.BatchId;
import io.duckmesh.bus.EventBus;
import io.duckmesh.bus.LeaseLostException;
import io.duckmesh.bus.Position;
import io.duckmesh.bus.PublishedSegment;
import io.duckmesh.bus.QuarantinedSegment;
import io.duckmesh.bus.Rejection;
import io.duckmesh.bus.ShardId;
import io.duckmesh.catalog.KeyHash;
import io.duckmesh.catalog.TableId;
import io.duckmesh.engine.segment.CorruptSegmentException;
import io.duckmesh.engine.segment.SegmentCodec;
import io.duckmesh.engine.segment.SegmentHeader;
import io.duckmesh.workflows.materialize.ClaimedBatch;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The way of a batch's segments into quarantine, and those that an earlier attempt moved there. */
final class BatchQuarantine {
  private static final Logger log = LoggerFactory.getLogger(BatchQuarantine.class);

  /** Segments of a batch that the log tells of one by one. */
  private static final int MAX_LOGGED = 10;

  private final EventBus bus;
  private final ClaimedBatch batch;
  private final ShardId shard;
  private final SegmentOpener opener;

  BatchQuarantine(EventBus bus, ClaimedBatch batch, SegmentOpener opener) {
    this.bus = bus;
    this.batch = batch;
    this.shard = new ShardId(batch.shard());
    this.opener = opener;
  }

  /**
   * A segment that is in quarantine already: the log does not hand it out again.
   *
   * @param requestKey the key that keeps a repeat of its request from coming here as well, null if
   *     there is none
   */
  record HeldBack(RejectedSegment segment, @Nullable KeyHash requestKey) {}

  /** The batch's segments that an attempt before this one moved to quarantine. */
  List<HeldBack> heldBack() {
    try (Stream<QuarantinedSegment> segments =
        bus.heldBack(shard, new Position(batch.after()), new Position(batch.upTo()))) {
      return segments.map(this::heldBack).toList();
    }
  }

  private HeldBack heldBack(QuarantinedSegment quarantined) {
    PublishedSegment segment = quarantined.segment();
    TableId table = opener.tableOf(segment.payload());
    return new HeldBack(
        RejectedSegment.of(segment, table, quarantined.reason()),
        table == null ? null : misfitsKey(segment.payload()));
  }

  /**
   * Only rows that did not fit are decided for good when they come here. The request of any other
   * segment has not landed: its key stays free for the replay.
   */
  private static @Nullable KeyHash misfitsKey(byte[] payload) {
    try {
      SegmentHeader header = SegmentCodec.header(payload);
      return header.rejected() ? OpenedSegment.toCatalog(header.requestKey()) : null;
    } catch (CorruptSegmentException e) {
      return null;
    }
  }

  /**
   * Moves the segments to quarantine.
   *
   * @throws BatchLostException if the lease is lost
   */
  void move(List<RejectedSegment> segments) {
    if (segments.isEmpty()) {
      return;
    }
    segments.stream()
        .limit(MAX_LOGGED)
        .forEach(
            segment ->
                log.warn(
                    "Segment goes to quarantine shard={} position={} table={} reason={}",
                    shard,
                    segment.position(),
                    segment.table(),
                    segment.reason()));
    if (segments.size() > MAX_LOGGED) {
      log.warn(
          "More segments go to quarantine shard={} segments={} last_position={}",
          shard,
          segments.size() - MAX_LOGGED,
          segments.getLast().position());
    }
    try {
      bus.nack(
          new BatchId(shard, batch.claim()),
          segments.stream().map(BatchQuarantine::rejection).toList());
    } catch (LeaseLostException e) {
      throw new BatchLostException(e.getMessage(), e);
    }
  }

  private static Rejection rejection(RejectedSegment segment) {
    TableId table = segment.table();
    return new Rejection(
        new Position(segment.position()), segment.reason(), table == null ? null : table.value());
  }
}
