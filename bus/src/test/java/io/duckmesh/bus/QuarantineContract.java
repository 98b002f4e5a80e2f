package io.duckmesh.bus;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What people can do with the quarantine of every implementation of the log. */
public abstract class QuarantineContract {
  private static final String TENANT = "default";
  private static final ShardId SHARD = new ShardId("default-0");
  private static final ShardId OTHER = new ShardId("default-1");
  private static final ShardId STRANGE = new ShardId("stranger-0");
  private static final UUID FLIGHTS = new UUID(1, 1);
  private static final UUID AIRPORTS = new UUID(2, 2);

  private EventBus bus;

  /** An empty log. */
  protected abstract EventBus create(BusOptions options);

  @BeforeEach
  void open() {
    open(BusOptions.DEFAULTS);
  }

  private void open(BusOptions options) {
    bus = create(options);
    bus.ensureShard(SHARD, TENANT);
    bus.ensureShard(OTHER, TENANT);
    bus.ensureShard(STRANGE, "stranger");
  }

  @AfterEach
  void close() {
    bus.close();
  }

  @Test
  void entriesAreListedNewestFirstInPages() {
    quarantine(SHARD, FLIGHTS, "a", "b", "c");
    quarantine(OTHER, AIRPORTS, "d");

    List<QuarantineEntry> first = list(QuarantineFilter.NEWEST.withLimit(3));
    List<QuarantineEntry> second =
        list(QuarantineFilter.NEWEST.withLimit(3).withBefore(first.getLast().id()));

    assertThat(first).hasSize(3).isSortedAccordingTo((a, b) -> b.id().compareTo(a.id()));
    assertThat(second).hasSize(1);
    assertThat(Stream.concat(first.stream(), second.stream()).map(QuarantineEntry::id).distinct())
        .hasSize(4);
  }

  @Test
  void entryTellsWhereItCameFromAndWhy() {
    quarantine(SHARD, FLIGHTS, "bad");

    QuarantineEntry entry = list(QuarantineFilter.NEWEST).getFirst();

    assertThat(entry.shard()).isEqualTo(SHARD);
    assertThat(entry.position()).isEqualTo(new Position(1));
    assertThat(entry.rowCount()).isEqualTo(1);
    assertThat(entry.sizeBytes()).isEqualTo(3);
    assertThat(entry.table()).isEqualTo(FLIGHTS);
    assertThat(entry.reason()).isEqualTo("bad is bad");
    assertThat(entry.state()).isEqualTo(QuarantineState.QUARANTINED);
    assertThat(entry.quarantinedAt()).isAfterOrEqualTo(entry.publishedAt());
    assertThat(entry.finishedAt()).isNull();
    assertThat(payload(entry.id())).isEqualTo("bad");
  }

  @Test
  void entriesAreFoundByTableAndState() {
    quarantine(SHARD, FLIGHTS, "a");
    quarantine(SHARD, AIRPORTS, "b");
    quarantine(SHARD, null, "c");
    QuarantineId dropped =
        list(QuarantineFilter.NEWEST.withTables(Set.of(AIRPORTS))).getFirst().id();
    bus.quarantine().drop(TENANT, dropped);

    assertThat(list(QuarantineFilter.NEWEST.withTables(Set.of(FLIGHTS)))).hasSize(1);
    assertThat(list(QuarantineFilter.NEWEST.withTables(Set.of(FLIGHTS, AIRPORTS)))).hasSize(2);
    assertThat(list(QuarantineFilter.NEWEST.withTables(Set.of()))).isEmpty();
    assertThat(list(QuarantineFilter.NEWEST.withState(QuarantineState.DROPPED)))
        .extracting(QuarantineEntry::id)
        .containsExactly(dropped);
    assertThat(list(QuarantineFilter.NEWEST.withState(QuarantineState.QUARANTINED))).hasSize(2);
  }

  @Test
  void entryFinishedBeforeItsBatchLandsIsStillHeldBackWithItsBytes() throws Exception {
    bus.publish(List.of(segment(SHARD, "bad"), segment(SHARD, "worse"), segment(SHARD, "good")));
    Batch batch = claim(SHARD);
    bus.nack(batch.id(), List.of(new Position(1), new Position(2)), "bad", FLIGHTS);
    List<QuarantineEntry> entries = list(QuarantineFilter.NEWEST);

    bus.quarantine().drop(TENANT, entries.getFirst().id());
    bus.quarantine()
        .replay(TENANT, entries.getLast().id(), FLIGHTS, List.of(segment(OTHER, "mended")));

    try (Stream<QuarantinedSegment> heldBack =
        bus.heldBack(SHARD, Position.START, new Position(3))) {
      assertThat(heldBack.map(each -> new String(each.segment().payload(), UTF_8)))
          .containsExactly("bad", "worse");
    }
    assertThat(payload(entries.getFirst().id())).isEmpty();
    assertThat(bus.quarantined(SHARD)).isEmpty();
    assertThat(payloads(SHARD)).containsExactly("good");
  }

  @Test
  void replayAppendsAndFinishesTheEntry() {
    QuarantineId id = quarantine(SHARD, FLIGHTS, "bad");

    QuarantineEntry replayed =
        bus.quarantine()
            .replay(
                TENANT, id, AIRPORTS, List.of(segment(SHARD, "good"), segment(OTHER, "better")));

    assertThat(replayed.state()).isEqualTo(QuarantineState.REPLAYED);
    assertThat(replayed.finishedAt()).isAfterOrEqualTo(replayed.quarantinedAt());
    assertThat(replayed.replay())
        .isEqualTo(
            new QuarantineEntry.Replay(
                AIRPORTS,
                List.of(
                    new QuarantineEntry.Part(SHARD, new Position(2), 1),
                    new QuarantineEntry.Part(OTHER, new Position(1), 1))));
    assertThat(list(QuarantineFilter.NEWEST)).containsExactly(replayed);
    assertThat(payload(id)).isEmpty();
    assertThat(payloads(SHARD)).containsExactly("good");
    assertThat(payloads(OTHER)).containsExactly("better");
    assertThat(bus.status(SHARD).appendedRows()).isEqualTo(2);
  }

  @Test
  void rowsAreCountedWhateverBecameOfTheirEntry() {
    QuarantineId dropped = quarantine(SHARD, FLIGHTS, "one", "two");
    quarantine(OTHER, FLIGHTS, "elsewhere");
    QuarantineId replayed = quarantine(SHARD, null, "three");
    bus.quarantine().drop(TENANT, dropped);
    bus.quarantine().replay(TENANT, replayed, FLIGHTS, List.of(segment(OTHER, "good")));

    assertThat(bus.quarantinedRows(SHARD, new Position(3))).isEqualTo(3);
    assertThat(bus.quarantinedRows(SHARD, new Position(2))).isEqualTo(2);
    assertThat(bus.quarantinedRows(SHARD, new Position(99))).isEqualTo(3);
    assertThat(bus.quarantinedRows(OTHER, new Position(99))).isEqualTo(1);
  }

  @Test
  void replayedEventsAreClaimedLikeAllOthers() throws Exception {
    QuarantineId id = quarantine(SHARD, FLIGHTS, "bad");

    bus.quarantine().replay(TENANT, id, FLIGHTS, List.of(segment(SHARD, "good")));

    Batch batch = claim(SHARD);
    assertThat(batch.upTo()).isEqualTo(new Position(2));
    assertThat(batch.segmentCount()).isEqualTo(1);
  }

  @Test
  void replayingTwiceAppendsOnceAndAnswersTheSame() {
    QuarantineId id = quarantine(SHARD, FLIGHTS, "bad");
    QuarantineEntry first =
        bus.quarantine().replay(TENANT, id, FLIGHTS, List.of(segment(SHARD, "good")));

    QuarantineEntry second =
        bus.quarantine().replay(TENANT, id, FLIGHTS, List.of(segment(OTHER, "another")));

    assertThat(second).isEqualTo(first);
    assertThat(payloads(SHARD)).containsExactly("good");
    assertThat(payloads(OTHER)).isEmpty();
  }

  @Test
  void ofManyReplaysAtOnceOneAppends() throws Exception {
    QuarantineId id = quarantine(SHARD, FLIGHTS, "bad");
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      List<Future<QuarantineEntry>> replays =
          IntStream.range(0, 8)
              .mapToObj(
                  i ->
                      threads.submit(
                          () ->
                              bus.quarantine()
                                  .replay(
                                      TENANT, id, FLIGHTS, List.of(segment(SHARD, "good " + i)))))
              .toList();
      for (Future<QuarantineEntry> replay : replays) {
        assertThat(replay.get()).isEqualTo(replays.getFirst().get());
      }
    }

    assertThat(payloads(SHARD)).hasSize(1);
    assertThat(bus.head(SHARD)).isEqualTo(new Position(2));
  }

  @Test
  void replayAmongPublishersLeavesNoGapInThePositions() throws Exception {
    List<QuarantineId> ids =
        IntStream.range(0, 20).mapToObj(i -> quarantine(SHARD, FLIGHTS, "bad " + i)).toList();
    long before = bus.head(SHARD).value();

    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      Future<?> publishing =
          threads.submit(
              () -> {
                for (int i = 0; i < 100; i++) {
                  bus.publish(List.of(segment(SHARD, "new"), segment(OTHER, "new")));
                }
              });
      List<Future<QuarantineEntry>> replays =
          ids.stream()
              .map(
                  id ->
                      threads.submit(
                          () ->
                              bus.quarantine()
                                  .replay(
                                      TENANT,
                                      id,
                                      FLIGHTS,
                                      List.of(segment(OTHER, "again"), segment(SHARD, "again")))))
              .toList();
      publishing.get();
      for (Future<QuarantineEntry> replay : replays) {
        replay.get();
      }
    }

    try (Stream<PublishedSegment> read = bus.read(SHARD, new Position(before), bus.head(SHARD))) {
      assertThat(read.map(segment -> segment.position().value()))
          .containsExactlyElementsOf(
              LongStream.rangeClosed(before + 1, before + 120).boxed().toList());
    }
  }

  @Test
  void replayIsNotRefusedWhenTheBacklogIsFull() {
    bus.close();
    open(BusOptions.DEFAULTS.withBacklogLimitBytes(20));
    QuarantineId id = quarantine(SHARD, FLIGHTS, "bad");
    bus.publish(List.of(segment(SHARD, "much more than the limit")));
    assertThatThrownBy(() -> bus.publish(List.of(segment(SHARD, "more"))))
        .isInstanceOf(BacklogFullException.class);

    QuarantineEntry replayed =
        bus.quarantine().replay(TENANT, id, FLIGHTS, List.of(segment(SHARD, "good")));

    assertThat(replayed.state()).isEqualTo(QuarantineState.REPLAYED);
  }

  @Test
  void droppedEntryKeepsItsReasonAndLosesItsBytes() {
    QuarantineId id = quarantine(SHARD, FLIGHTS, "bad");

    QuarantineEntry dropped = bus.quarantine().drop(TENANT, id);

    assertThat(dropped.state()).isEqualTo(QuarantineState.DROPPED);
    assertThat(dropped.reason()).isEqualTo("bad is bad");
    assertThat(dropped.finishedAt()).isNotNull();
    assertThat(payload(id)).isEmpty();
    assertThat(bus.quarantine().drop(TENANT, id)).isEqualTo(dropped);
    assertThat(bus.quarantined(SHARD)).isEmpty();
  }

  @Test
  void droppedEntryIsNotReplayedAndAReplayedOneNotDropped() {
    QuarantineId dropped = quarantine(SHARD, FLIGHTS, "bad");
    QuarantineId replayed = quarantine(SHARD, FLIGHTS, "worse");
    bus.quarantine().drop(TENANT, dropped);
    bus.quarantine().replay(TENANT, replayed, FLIGHTS, List.of(segment(SHARD, "good")));

    assertThatThrownBy(
            () ->
                bus.quarantine().replay(TENANT, dropped, FLIGHTS, List.of(segment(SHARD, "good"))))
        .isInstanceOf(QuarantineFinishedException.class)
        .hasMessageStartingWith("Quarantine entry %s was dropped already".formatted(dropped));
    assertThatThrownBy(() -> bus.quarantine().drop(TENANT, replayed))
        .isInstanceOf(QuarantineFinishedException.class)
        .hasMessageStartingWith("Quarantine entry %s was replayed already".formatted(replayed));
    assertThat(payloads(SHARD)).containsExactly("good");
  }

  @Test
  void nothingOfAnotherTenantIsSeenOrTouched() {
    QuarantineId id = quarantine(STRANGE, FLIGHTS, "secret");
    QuarantineId own = quarantine(SHARD, FLIGHTS, "bad");

    assertThat(list(QuarantineFilter.NEWEST)).extracting(QuarantineEntry::id).containsExactly(own);
    assertThat(bus.quarantine().find(TENANT, id)).isEmpty();
    assertThatThrownBy(() -> bus.quarantine().drop(TENANT, id))
        .isInstanceOf(QuarantineEntryNotFoundException.class);
    assertThatThrownBy(
            () -> bus.quarantine().replay(TENANT, id, FLIGHTS, List.of(segment(SHARD, "good"))))
        .isInstanceOf(QuarantineEntryNotFoundException.class);
    assertThatThrownBy(
            () -> bus.quarantine().replay(TENANT, own, FLIGHTS, List.of(segment(STRANGE, "good"))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("belongs to tenant stranger");
    assertThat(payload("stranger", id)).isEqualTo("secret");
    assertThat(payload(own)).isEqualTo("bad");
  }

  @Test
  void entryThatIsNotThereIsNotFound() {
    QuarantineId absent = new QuarantineId(999_999);

    assertThat(bus.quarantine().find(TENANT, absent)).isEmpty();
    assertThatThrownBy(() -> bus.quarantine().drop(TENANT, absent))
        .isInstanceOf(QuarantineEntryNotFoundException.class)
        .hasMessage("Quarantine of tenant default has no entry 999999");
  }

  /** Publishes the payloads and moves all of them to quarantine; the id of the last one. */
  private QuarantineId quarantine(ShardId shard, @Nullable UUID table, String... payloads) {
    String tenant = shard.equals(STRANGE) ? "stranger" : TENANT;
    List<Position> positions =
        bus.publish(Stream.of(payloads).map(payload -> segment(shard, payload)).toList());
    Batch batch = claim(shard);
    for (int i = 0; i < payloads.length; i++) {
      bus.nack(batch.id(), List.of(positions.get(i)), payloads[i] + " is bad", table);
    }
    bus.ack(shard, positions.getLast());
    return bus.quarantine().list(tenant, QuarantineFilter.NEWEST.withLimit(1)).getFirst().id();
  }

  private Batch claim(ShardId shard) {
    try {
      return bus.claimBatch(
              shard,
              new ConsumerId("anna"),
              BatchLimits.DEFAULTS.withLinger(Duration.ZERO).withMaxWait(Duration.ZERO),
              Duration.ofMinutes(1))
          .orElseThrow();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while claiming", e);
    }
  }

  private List<QuarantineEntry> list(QuarantineFilter filter) {
    return bus.quarantine().list(TENANT, filter);
  }

  private String payload(QuarantineId id) {
    return payload(TENANT, id);
  }

  private String payload(String tenant, QuarantineId id) {
    return new String(bus.quarantine().find(tenant, id).orElseThrow().payload(), UTF_8);
  }

  private List<String> payloads(ShardId shard) {
    try (Stream<PublishedSegment> segments = bus.read(shard, Position.START, bus.head(shard))) {
      return segments.map(segment -> new String(segment.payload(), UTF_8)).toList();
    }
  }

  private static Segment segment(ShardId shard, String payload) {
    return new Segment(shard, 1, payload.getBytes(UTF_8));
  }
}
