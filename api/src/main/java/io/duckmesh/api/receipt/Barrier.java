package io.duckmesh.api.receipt;

import io.duckmesh.bus.EventBus;
import io.duckmesh.bus.Position;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.LandedSegment;
import io.duckmesh.catalog.ShardId;
import io.duckmesh.catalog.Snapshot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Waits until positions have landed, and tells what became of them. */
public final class Barrier {
  private final Catalog catalog;
  private final EventBus bus;

  public Barrier(Catalog catalog, EventBus bus) {
    this.catalog = catalog;
    this.bus = bus;
  }

  /**
   * Waits until all positions have landed, asking the log not to let them linger.
   *
   * @return whether they have landed
   */
  public boolean await(Positions positions, Duration timeout) throws InterruptedException {
    if (positions.isEmpty() || landedAlready(positions)) {
      return true;
    }
    return requestAndAwait(positions, timeout);
  }

  /** The same for positions that have just been published, which nobody can have landed yet. */
  public boolean awaitFresh(Positions positions, Duration timeout) throws InterruptedException {
    return requestAndAwait(positions, timeout);
  }

  private boolean landedAlready(Positions positions) throws InterruptedException {
    return catalog.watermarks().await(positions.byShard(), Duration.ZERO);
  }

  private boolean requestAndAwait(Positions positions, Duration timeout)
      throws InterruptedException {
    if (timeout.isZero()) {
      return landedAlready(positions);
    }
    positions
        .byShard()
        .forEach(
            (shard, position) ->
                bus.requestFlush(
                    new io.duckmesh.bus.ShardId(shard.value()), new Position(position)));
    return catalog.watermarks().await(positions.byShard(), timeout);
  }

  /** Where each of the positions stands now. */
  public ReceiptState state(Positions positions) {
    Tally tally = new Tally();
    positions.byShard().forEach(tally::look);
    return tally.state();
  }

  /** Where each part of the receipt stands now. */
  public ReceiptState state(Receipt receipt) {
    Tally tally = new Tally();
    receipt.positions().byShard().forEach(tally::look);
    Receipt.Misfits misfits = receipt.misfits();
    if (misfits != null) {
      tally.look(misfits.shard(), misfits.position());
    }
    return tally.state();
  }

  /** Adds up what became of positions. */
  private final class Tally {
    private final List<ReceiptState.Landed> landed = new ArrayList<>();
    private final List<String> reasons = new ArrayList<>();
    private boolean whole = true;
    private long duplicates;
    private long quarantined;
    private @Nullable Snapshot last;

    void look(ShardId shard, long position) {
      Optional<LandedSegment> found = catalog.watermarks().findLanded(shard, position);
      if (found.isEmpty()) {
        whole = false;
        return;
      }
      LandedSegment segment = found.get();
      landed.add(
          new ReceiptState.Landed(segment.shard().value(), segment.position(), segment.snapshot()));
      duplicates += segment.duplicates();
      quarantined += segment.quarantined();
      String reason = segment.reason();
      if (segment.quarantined() > 0 && reason != null && !reasons.contains(reason)) {
        reasons.add(reason);
      }
      if (last == null || segment.snapshot().id().compareTo(last.id()) > 0) {
        last = segment.snapshot();
      }
    }

    ReceiptState state() {
      ReceiptState.State state =
          !whole
              ? ReceiptState.State.ACCEPTED
              : quarantined > 0 ? ReceiptState.State.QUARANTINED : ReceiptState.State.VISIBLE;
      return new ReceiptState(state, whole ? last : null, landed, duplicates, quarantined, reasons);
    }
  }
}
