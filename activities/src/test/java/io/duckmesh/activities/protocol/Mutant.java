package io.duckmesh.activities.protocol;

import static io.duckmesh.activities.protocol.Case.event;
import static io.duckmesh.activities.protocol.Case.keyed;
import static io.duckmesh.activities.protocol.Case.part;
import static io.duckmesh.activities.protocol.Case.request;

import io.duckmesh.activities.protocol.Case.Fault;
import io.duckmesh.activities.protocol.Case.Request;
import io.duckmesh.activities.protocol.StepCode.Around;
import io.duckmesh.activities.protocol.StepCode.Seconds;
import io.duckmesh.bus.BatchId;
import io.duckmesh.bus.EventBus;
import io.duckmesh.bus.LeaseLostException;
import io.duckmesh.bus.Position;
import io.duckmesh.bus.ShardId;
import io.duckmesh.engine.objects.ObjectKey;
import io.duckmesh.engine.objects.ObjectStore;
import io.duckmesh.workflows.FailureTypes;
import io.duckmesh.workflows.materialize.ClaimResult;
import io.duckmesh.workflows.materialize.ClaimedBatch;
import io.duckmesh.workflows.materialize.CommitInput;
import io.duckmesh.workflows.materialize.CommitResult;
import io.duckmesh.workflows.materialize.MaterializeActivities;
import io.duckmesh.workflows.materialize.ShardInput;
import io.duckmesh.workflows.materialize.WriteResult;
import io.temporal.failure.ApplicationFailure;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/** Protocols with one part left out, each with a small case in which that shows. */
enum Mutant {
  COMMIT_WITHOUT_COMPARE_AND_SET(
      Invariant.NOTHING_DOUBLED, plain().withExpiries(1), Flaw.NO_COMPARE_AND_SET),

  /** The lease is asked before the commit; it may end between the two. */
  LEASE_INSTEAD_OF_COMPARE_AND_SET(
      Invariant.NOTHING_DOUBLED,
      plain().withExpiries(1),
      Flaw.NO_COMPARE_AND_SET,
      Mutant::askingTheLease),

  /** The worker that comes upon the hole refuses to go over it. */
  POSITIONS_FROM_A_SEQUENCE(
      Invariant.STEPS_DO_NOT_BREAK, twoClients(), Flaw.POSITIONS_FROM_A_SEQUENCE),

  SNAPSHOT_IDS_FROM_A_SEQUENCE(
      Invariant.SNAPSHOTS_ARE_FIXED,
      twoShards(),
      Flaw.SNAPSHOT_IDS_FROM_A_SEQUENCE,
      Mutant::takingSnapshotIds),

  SNAPSHOT_TIMES_FROM_CLOCKS(
      Invariant.SNAPSHOTS_INCREASE, twoRequests(), Flaw.SNAPSHOT_TIMES_FROM_CLOCKS),

  ACK_BEFORE_COMMIT(Invariant.LOG_NOT_AHEAD, plain(), Flaw.NONE, Mutant::acknowledgingFirst),

  KEYS_COUNT_BEFORE_COMMIT(
      Invariant.NOTHING_LOST,
      repeatedEvent().withFaults(1, Fault.CRASH),
      Flaw.KEYS_COUNT_BEFORE_COMMIT),

  KEYS_RECORDED_AFTER_COMMIT(
      Invariant.NOTHING_DOUBLED,
      repeatedEvent(),
      Flaw.KEYS_COUNT_LATER,
      Mutant::recordingKeysAfterwards),

  WATERMARK_MOVES_BEFORE_FILES(
      Invariant.WATERMARK_IS_DENSE,
      plain(),
      Flaw.WATERMARK_MOVES_BEFORE_FILES,
      Mutant::movingTheWatermarkFirst),

  /** An unknown ending is taken for a failure, and the batch is written again at once. */
  UNKNOWN_ENDING_WRITTEN_AGAIN(
      Invariant.NOTHING_DOUBLED,
      plain().withFaults(1, Fault.LOST_ANSWER),
      Flaw.NO_COMPARE_AND_SET,
      Mutant::writingAgain),

  /** An unknown ending is taken for a failure, and the files are cleaned up. */
  UNKNOWN_ENDING_CLEANED_UP(
      Invariant.FILES_ARE_REGISTERED,
      plain().withFaults(1, Fault.LOST_ANSWER),
      Flaw.NONE,
      Mutant::cleaningUp),

  REQUEST_KEYS_ONLY_AT_GATEWAYS(
      Invariant.NOTHING_DOUBLED, repeatedRequest(), Flaw.REQUEST_KEYS_ONLY_AT_GATEWAYS),

  /** The gateway records the receipt, and publishes then. */
  RECEIPT_BEFORE_PUBLISH(
      Invariant.NOTHING_LOST, repeatedRequest().withFaults(1, Fault.LOST_ANSWER), Flaw.NONE);

  final Invariant broken;
  final Case small;
  final Set<Flaw> flaws;
  final Around around;

  Mutant(Invariant broken, Case small, Flaw flaw) {
    this(broken, small, flaw, (steps, bus, store, seconds) -> steps);
  }

  Mutant(Invariant broken, Case small, Flaw flaw, Around around) {
    this.broken = broken;
    this.small = small;
    this.flaws = Set.of(flaw);
    this.around = around;
  }

  boolean receiptFirst() {
    return this == RECEIPT_BEFORE_PUBLISH;
  }

  private static Case aCase(List<List<Request>> writers, int shards, List<Integer> workers) {
    return new Case("small", shards, writers, workers, 0, Set.of(), 0);
  }

  static Case plain() {
    return aCase(List.of(List.of(request("a", event(1)))), 1, List.of(0, 0));
  }

  static Case twoRequests() {
    return aCase(
        List.of(List.of(request("a", event(1)), request("b", event(2)))), 1, List.of(0, 0));
  }

  static Case twoClients() {
    return aCase(
        List.of(List.of(request("a", event(1))), List.of(request("b", event(2)))),
        1,
        List.of(0, 0));
  }

  static Case twoShards() {
    return aCase(
        List.of(List.of(new Request("a", null, List.of(part(0, event(1)), part(1, event(2)))))),
        2,
        List.of(0, 1));
  }

  static Case repeatedEvent() {
    return aCase(
        List.of(List.of(request("a", event(1, "x")), request("b", event(2, "x")))),
        1,
        List.of(0, 0));
  }

  static Case repeatedRequest() {
    return aCase(
        List.of(List.of(keyed("a", "r", event(1))), List.of(keyed("a again", "r", event(1)))),
        1,
        List.of(0, 0));
  }

  // Steps with something around their commit.

  /** The steps, with another commit. */
  private abstract static class Steps implements MaterializeActivities {
    final MaterializeActivities real;

    Steps(MaterializeActivities real) {
      this.real = real;
    }

    @Override
    public ClaimResult claim(ShardInput input) {
      return real.claim(input);
    }

    @Override
    public WriteResult write(ClaimedBatch batch) {
      return real.write(batch);
    }

    @Override
    public void requestFlush(ShardInput input) {
      real.requestFlush(input);
    }
  }

  private interface CommitStep {
    CommitResult commit(MaterializeActivities real, CommitInput input);
  }

  private static MaterializeActivities with(MaterializeActivities real, CommitStep commit) {
    return new Steps(real) {
      @Override
      public CommitResult commit(CommitInput input) {
        return commit.commit(real, input);
      }
    };
  }

  private static MaterializeActivities askingTheLease(
      MaterializeActivities steps, EventBus bus, ObjectStore store, Seconds seconds) {
    return with(
        steps,
        (real, input) -> {
          ClaimedBatch batch = input.batch();
          try {
            bus.extendLease(
                new BatchId(new ShardId(batch.shard()), batch.claim()), Duration.ofHours(4));
          } catch (LeaseLostException e) {
            return CommitResult.conflict("lease lost", 0);
          }
          return real.commit(input);
        });
  }

  private static MaterializeActivities takingSnapshotIds(
      MaterializeActivities steps, EventBus bus, ObjectStore store, Seconds seconds) {
    return with(
        steps,
        (real, input) -> {
          seconds.takeSnapshotId(input.writeId());
          return real.commit(input);
        });
  }

  private static MaterializeActivities acknowledgingFirst(
      MaterializeActivities steps, EventBus bus, ObjectStore store, Seconds seconds) {
    return with(
        steps,
        (real, input) -> {
          bus.ack(new ShardId(input.batch().shard()), new Position(input.batch().upTo()));
          return real.commit(input);
        });
  }

  private static MaterializeActivities recordingKeysAfterwards(
      MaterializeActivities steps, EventBus bus, ObjectStore store, Seconds seconds) {
    return with(
        steps,
        (real, input) -> {
          CommitResult result = real.commit(input);
          seconds.recordKeys(input.writeId());
          return result;
        });
  }

  private static MaterializeActivities movingTheWatermarkFirst(
      MaterializeActivities steps, EventBus bus, ObjectStore store, Seconds seconds) {
    return with(
        steps,
        (real, input) -> {
          seconds.moveWatermark(input.writeId());
          return real.commit(input);
        });
  }

  private static MaterializeActivities writingAgain(
      MaterializeActivities steps, EventBus bus, ObjectStore store, Seconds seconds) {
    return with(
        steps,
        (real, input) -> {
          try {
            return real.commit(input);
          } catch (ApplicationFailure e) {
            requireUnknown(e);
            WriteResult again = real.write(input.batch());
            return real.commit(
                new CommitInput(input.batch(), again.writeId(), again.quarantined()));
          }
        });
  }

  private static MaterializeActivities cleaningUp(
      MaterializeActivities steps, EventBus bus, ObjectStore store, Seconds seconds) {
    return with(
        steps,
        (real, input) -> {
          try {
            return real.commit(input);
          } catch (ApplicationFailure e) {
            requireUnknown(e);
            store.delete(
                List.of(
                    new ObjectKey(
                        "%s/%s/%d-%s.parquet"
                            .formatted(
                                World.TENANT, World.TABLE, input.writeId(), new UUID(0, 0)))));
            return CommitResult.conflict("commit failed", 0);
          }
        });
  }

  private static void requireUnknown(ApplicationFailure failure) {
    if (!FailureTypes.COMMIT_STATE_UNKNOWN.equals(failure.getType())) {
      throw failure;
    }
  }
}
