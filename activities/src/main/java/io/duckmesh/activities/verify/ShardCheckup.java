package io.duckmesh.activities.verify;

import io.duckmesh.bus.EventBus;
import io.duckmesh.bus.Position;
import io.duckmesh.bus.ShardNotFoundException;
import io.duckmesh.bus.ShardStatus;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.LandedBatch;
import io.duckmesh.catalog.ShardAccount;
import io.duckmesh.catalog.ShardId;
import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.UnevenCommit;
import io.duckmesh.catalog.VerifyFinding;
import io.duckmesh.catalog.VerifyFinding.Kind;
import io.duckmesh.catalog.conservation.Balance;
import io.duckmesh.catalog.conservation.Conservation;
import io.duckmesh.catalog.conservation.ShardBalance;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Compares what log and catalog say of a shard. Nothing that is under way looks like a finding. */
final class ShardCheckup {
  private static final Logger log = LoggerFactory.getLogger(ShardCheckup.class);

  private static final int PAGE = 10_000;
  private static final int MAX_FORGOTTEN = 1_000;

  private final Catalog catalog;
  private final EventBus bus;
  private final Conservation conservation;

  ShardCheckup(Catalog catalog, EventBus bus) {
    this.catalog = catalog;
    this.bus = bus;
    this.conservation = new Conservation(catalog.accounts(), new BusCounter(bus));
  }

  /**
   * Looks at the shard.
   *
   * @param beat is called between two pieces of the work
   */
  List<VerifyFinding> check(ShardId shard, Runnable beat) {
    List<VerifyFinding> findings = new ArrayList<>();
    ShardStatus status;
    try {
      status = bus.status(new io.duckmesh.bus.ShardId(shard.value()));
    } catch (ShardNotFoundException e) {
      findings.add(
          new VerifyFinding(Kind.WATERMARK, shard.value(), "The log does not know the shard"));
      return findings;
    }
    beat.run();
    ShardBalance balance = conservation.measure(shard);
    beat.run();
    checkWatermark(status, balance, findings);
    checkBalance(balance, findings);
    checkQuarantine(balance.account(), findings);
    beat.run();
    checkForgotten(shard, findings);
    beat.run();
    checkOutcomes(shard, beat, findings);
    checkCommits(shard, balance.account().watermark(), beat, findings);
    return findings;
  }

  /**
   * Entries are in quarantine before their batch is committed and never go, so up to a watermark
   * that was read before, they are what the commits counted.
   */
  private void checkQuarantine(ShardAccount account, List<VerifyFinding> findings) {
    long counted =
        account.tableless()
            + account.tables().stream().mapToLong(table -> table.counts().quarantined()).sum();
    long kept =
        bus.quarantinedRows(
            new io.duckmesh.bus.ShardId(account.shard().value()),
            new Position(account.watermark()));
    if (counted != kept) {
      findings.add(
          new VerifyFinding(
              Kind.CONSERVATION,
              account.shard() + "/quarantine",
              "%d events up to position %d count as quarantined, but the quarantine has entries of %d"
                  .formatted(counted, account.watermark(), kept)));
    }
  }

  private void checkForgotten(ShardId shard, List<VerifyFinding> findings) {
    List<LandedBatch> forgotten = catalog.verifications().forgotten(shard, MAX_FORGOTTEN);
    if (!forgotten.isEmpty()) {
      LandedBatch first = forgotten.getFirst();
      findings.add(
          new VerifyFinding(
              Kind.POSITIONS,
              shard + "/commits",
              "%s%d commits that should be remembered are not; the first has positions %d to %d"
                  .formatted(
                      forgotten.size() == MAX_FORGOTTEN ? "At least " : "",
                      forgotten.size(),
                      first.after() + 1,
                      first.upTo())));
    }
  }

  private void checkOutcomes(ShardId shard, Runnable beat, List<VerifyFinding> findings) {
    int number = 0;
    @Nullable UnevenCommit first = null;
    long after = 0;
    List<LandedBatch> page = catalog.verifications().landed(shard, after, PAGE);
    while (!page.isEmpty()) {
      long upTo = page.getLast().upTo();
      List<UnevenCommit> uneven = catalog.verifications().uneven(shard, after, upTo);
      if (!uneven.isEmpty()) {
        // What was being forgotten at that moment is gone now.
        uneven = catalog.verifications().uneven(shard, after, upTo);
      }
      number += uneven.size();
      first = first == null && !uneven.isEmpty() ? uneven.getFirst() : first;
      beat.run();
      after = upTo;
      page = catalog.verifications().landed(shard, after, PAGE);
    }
    if (first != null) {
      findings.add(
          new VerifyFinding(
              Kind.CONSERVATION,
              shard + "/outcomes",
              ("%d commits count other events than the outcomes of their segments; the first, of"
                      + " positions %d to %d: duplicates %d and %d, quarantined %d and %d")
                  .formatted(
                      number,
                      first.after() + 1,
                      first.upTo(),
                      first.duplicates(),
                      first.outcomeDuplicates(),
                      first.quarantined(),
                      first.outcomeQuarantined())));
    }
  }

  /**
   * Since a batch is acknowledged after it was committed, a watermark that is read after the
   * acknowledged position is not below it; and since a batch was appended before, the head that is
   * read after the watermark is not below that.
   */
  private static void checkWatermark(
      ShardStatus status, ShardBalance balance, List<VerifyFinding> findings) {
    String shard = balance.shard().value();
    long watermark = balance.account().watermark();
    long acked = status.acked().value();
    if (balance.log().head() < watermark) {
      findings.add(
          new VerifyFinding(
              Kind.WATERMARK,
              shard,
              "The catalog has landed positions up to %d, but the log ends with %d"
                  .formatted(watermark, balance.log().head())));
    } else if (acked > watermark) {
      findings.add(
          new VerifyFinding(
              Kind.WATERMARK,
              shard,
              "The log is acknowledged up to position %d, but the catalog has landed only up to %d"
                  .formatted(acked, watermark)));
    } else if (balance.settled() && !balance.complete() && balance.log().acked() <= watermark) {
      findings.add(
          new VerifyFinding(
              Kind.POSITIONS,
              shard + "/log",
              "The log holds %d of the %d segments from position %d to %d, which have not landed"
                  .formatted(
                      balance.log().pendingSegments(),
                      balance.pendingPositions(),
                      watermark + 1,
                      balance.log().head())));
    }
  }

  private static void checkBalance(ShardBalance shard, List<VerifyFinding> findings) {
    if (!shard.settled()) {
      log.warn("Conservation not measured, the log was freed meanwhile shard={}", shard.shard());
      return;
    }
    if (!shard.balance().balanced()) {
      findings.add(unbalanced(shard.shard().value(), shard.balance()));
    }
    for (ShardBalance.TableBalance table : shard.tables()) {
      if (!table.balance().balanced()) {
        findings.add(
            unbalanced(
                "%s/%s%s"
                    .formatted(
                        shard.shard(),
                        table.name(),
                        table.dropped() ? " (dropped, " + table.table() + ")" : ""),
                table.balance()));
      }
    }
  }

  private static VerifyFinding unbalanced(String subject, Balance balance) {
    long missing = balance.missing();
    return new VerifyFinding(
        Kind.CONSERVATION,
        subject,
        "%s: accepted %d, visible %d, duplicates %d, quarantined %d, pending %d"
            .formatted(
                missing > 0
                    ? missing + " accepted events are nowhere"
                    : -missing + " events are somewhere that were not accepted",
                balance.accepted(),
                balance.visible(),
                balance.duplicates(),
                balance.quarantined(),
                balance.pending()));
  }

  /**
   * The commits cover all positions up to the watermark, each once, in the order of snapshots.
   * Where they begin says nothing: old ones are forgotten.
   */
  private void checkCommits(
      ShardId shard, long watermark, Runnable beat, List<VerifyFinding> findings) {
    List<LandedBatch> page = catalog.verifications().landed(shard, 0, PAGE);
    if (page.isEmpty()) {
      return;
    }
    long covered = page.getFirst().after();
    @Nullable SnapshotId snapshot = null;
    while (covered < watermark && !page.isEmpty()) {
      for (LandedBatch batch : page) {
        if (batch.upTo() > watermark) {
          reportGap(shard, covered, watermark, findings);
          return;
        }
        if (batch.after() != covered) {
          findings.add(
              new VerifyFinding(
                  Kind.POSITIONS,
                  shard.value(),
                  batch.after() > covered
                      ? "Positions %d to %d are below the watermark and in no commit"
                          .formatted(covered + 1, batch.after())
                      : "Positions %d to %d are in two commits"
                          .formatted(batch.after() + 1, covered)));
          return;
        }
        if (snapshot != null && batch.snapshot().compareTo(snapshot) <= 0) {
          findings.add(
              new VerifyFinding(
                  Kind.POSITIONS,
                  shard.value(),
                  "Positions up to %d are in snapshot %s, those before in %s"
                      .formatted(batch.upTo(), batch.snapshot(), snapshot)));
          return;
        }
        covered = batch.upTo();
        snapshot = batch.snapshot();
      }
      beat.run();
      page = catalog.verifications().landed(shard, covered, PAGE);
    }
    reportGap(shard, covered, watermark, findings);
  }

  private static void reportGap(
      ShardId shard, long covered, long watermark, List<VerifyFinding> findings) {
    if (covered < watermark) {
      findings.add(
          new VerifyFinding(
              Kind.POSITIONS,
              shard.value(),
              "Positions %d to %d are below the watermark and in no commit"
                  .formatted(covered + 1, watermark)));
    }
  }
}
