package io.duckmesh.bench.faults;

import io.duckmesh.bench.faults.History.Ending;
import io.duckmesh.bench.faults.History.Read;
import io.duckmesh.bench.faults.History.Restore;
import io.duckmesh.bench.faults.History.Write;
import io.duckmesh.bench.faults.Lineage.Landed;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Whether every answered read of the table that goes back and forth has exactly its rows. */
final class TurnedChecks {
  private static final int SHOWN = 20;

  private final Client client;
  private final History history;
  private final Random random;

  TurnedChecks(Client client, History history, Random random) {
    this.client = client;
    this.history = history;
    this.random = random;
  }

  /**
   * @param restoredIn snapshots that the catalog says restores have made
   */
  void run(Collection<Long> restoredIn) {
    Lineage lineage = new Lineage(landed());
    List<Read> reads =
        history.reads().stream()
            .filter(read -> read.table().equals(Tables.TURNED))
            .sorted(Comparator.comparingLong(Read::snapshot))
            .toList();
    explainRestores(lineage, restoredIn, reads);
    int wrong = 0;
    for (Read read : reads) {
      List<History.Seen> expected = lineage.at(read.snapshot());
      if (!expected.equals(read.seen()) && wrong++ < SHOWN) {
        history.violation(
            "RESTORED_WRONG",
            "%s at snapshot %d (%s, gateway %d): %s, but what landed and was restored is %s"
                .formatted(
                    read.table(),
                    read.snapshot(),
                    read.why(),
                    read.gateway(),
                    read.seen(),
                    expected));
      }
    }
  }

  /** Requests that landed, by their receipts; those that came while it was dropped did not. */
  private List<Landed> landed() {
    Map<String, Write> requests = new HashMap<>();
    for (Write write : history.writes()) {
      if (write.table().equals(Tables.TURNED) && write.ending() == Ending.DONE) {
        requests.putIfAbsent(write.writer() + " " + write.first(), write);
      }
    }
    List<Landed> landed = new ArrayList<>();
    for (Write write : requests.values()) {
      Client.Answer answer =
          client.get(random.nextInt(client.gateways()), "/v1/receipts/" + write.receipt());
      JsonNode receipt = answer.ok() ? answer.json() : Client.JSON.createObjectNode();
      long visible = receipt.path("visible").asLong();
      long quarantined = receipt.path("quarantined").asLong();
      if (visible + quarantined != write.rows() || (visible > 0 && quarantined > 0)) {
        history.violation("RECEIPT", "%s: %s".formatted(write, answer.text()));
      } else if (visible > 0) {
        landed.add(
            new Landed(
                write.writer(), write.first(), write.rows(), receipt.path("snapshot_id").asLong()));
      }
    }
    return landed;
  }

  /** A restore without an answer is the one whose rows are found where the catalog has one. */
  private void explainRestores(Lineage lineage, Collection<Long> restoredIn, List<Read> reads) {
    Map<Long, Long> answered = new HashMap<>();
    List<Restore> open = new ArrayList<>();
    for (Restore restore : history.restores()) {
      Long snapshot = restore.snapshot();
      if (snapshot != null) {
        answered.put(snapshot, restore.to());
      } else if (restore.ending() == Ending.UNKNOWN) {
        open.add(restore);
      }
    }
    TreeSet<Long> all = new TreeSet<>(restoredIn);
    all.addAll(answered.keySet());
    for (long snapshot : all) {
      Long to = answered.get(snapshot);
      if (to == null) {
        Optional<Restore> found = find(lineage, snapshot, all.higher(snapshot), open, reads);
        if (found.isEmpty()) {
          history.violation(
              "RESTORED_WRONG",
              "snapshot %d is a restore that none of those without an answer explains: %s"
                  .formatted(snapshot, open));
          continue;
        }
        open.remove(found.get());
        to = found.get().to();
      }
      lineage.restored(snapshot, to);
    }
  }

  private static Optional<Restore> find(
      Lineage lineage, long snapshot, @Nullable Long next, List<Restore> open, List<Read> reads) {
    List<Read> after =
        reads.stream()
            .filter(read -> read.snapshot() >= snapshot)
            .filter(read -> next == null || read.snapshot() < next)
            .toList();
    for (Restore restore : open) {
      lineage.restored(snapshot, restore.to());
      if (after.stream().allMatch(read -> lineage.at(read.snapshot()).equals(read.seen()))) {
        return Optional.of(restore);
      }
    }
    return Optional.empty();
  }
}
