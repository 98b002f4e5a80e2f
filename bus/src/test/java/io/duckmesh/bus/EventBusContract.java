package io.duckmesh.bus;

import static io.duckmesh.bus.Eventually.eventually;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What every implementation of the log does, one process or many. */
@Timeout(120)
public abstract class EventBusContract {
  protected static final ShardId SHARD = new ShardId("default-0");
  protected static final ShardId OTHER = new ShardId("default-1");
  protected static final ShardId THIRD = new ShardId("default-2");
  protected static final String TENANT = "default";
  protected static final ConsumerId ANNA = new ConsumerId("anna");
  protected static final ConsumerId BERT = new ConsumerId("bert");
  protected static final Duration LEASE = Duration.ofMinutes(1);
  protected static final BatchLimits AT_ONCE =
      BatchLimits.DEFAULTS.withLinger(Duration.ZERO).withMaxWait(Duration.ZERO);
  protected static final BatchLimits PATIENT =
      BatchLimits.DEFAULTS.withLinger(Duration.ZERO).withMaxWait(Duration.ofSeconds(20));

  private final List<EventBus> opened = new ArrayList<>();
  private ExecutorService threads;

  /**
   * Opens the log as another process would: all that one test opens is one log, empty when the test
   * starts. The options of the first call hold.
   */
  protected abstract EventBus connect(BusOptions options);

  @BeforeEach
  void startThreads() {
    threads = Executors.newCachedThreadPool();
  }

  @AfterEach
  void closeAll() throws InterruptedException {
    threads.shutdownNow();
    opened.forEach(EventBus::close);
    assertThat(threads.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
  }

  protected EventBus open(BusOptions options) {
    EventBus bus = connect(options);
    opened.add(bus);
    return bus;
  }

  protected EventBus openWithShards(BusOptions options) {
    EventBus bus = open(options);
    bus.ensureShard(SHARD, TENANT);
    bus.ensureShard(OTHER, TENANT);
    bus.ensureShard(THIRD, TENANT);
    return bus;
  }

  protected EventBus openWithShards() {
    return openWithShards(BusOptions.DEFAULTS);
  }

  protected <T> Future<T> inThread(Callable<T> work) {
    return threads.submit(work);
  }

  protected static Segment segment(ShardId shard, int rowCount, String payload) {
    return new Segment(shard, rowCount, payload.getBytes(UTF_8));
  }

  protected static Segment segment(String payload) {
    return segment(SHARD, 1, payload);
  }

  protected static Position publish(EventBus bus, Segment segment) {
    return bus.publish(List.of(segment)).getFirst();
  }

  protected static void publishMany(EventBus bus, int count) {
    bus.publish(IntStream.rangeClosed(1, count).mapToObj(i -> segment("event " + i)).toList());
  }

  protected static Batch claim(EventBus bus, ConsumerId consumer, BatchLimits limits)
      throws InterruptedException {
    return bus.claimBatch(SHARD, consumer, limits, LEASE).orElseThrow();
  }

  protected static List<Long> positions(Stream<PublishedSegment> segments) {
    try (segments) {
      return segments.map(segment -> segment.position().value()).toList();
    }
  }

  protected static List<String> payloads(EventBus bus, ShardId shard) {
    try (Stream<PublishedSegment> segments = bus.read(shard, Position.START, bus.head(shard))) {
      return segments.map(segment -> new String(segment.payload(), UTF_8)).toList();
    }
  }

  protected static Position at(long position) {
    return new Position(position);
  }

  private static List<Long> upTo(long last) {
    return LongStream.rangeClosed(1, last).boxed().toList();
  }

  // Publishing

  @Test
  void positionsAreDenseAndInCommitOrderHoweverManyPublish() throws Exception {
    EventBus one = openWithShards();
    EventBus two = open(BusOptions.DEFAULTS);
    int publishers = 8;
    int each = 150;
    AtomicBoolean done = new AtomicBoolean();

    // Whoever reads up to the head at any moment finds no gap before it.
    Future<Long> reader =
        inThread(
            () -> {
              long seen = 0;
              boolean last = false;
              while (!last) {
                last = done.get();
                Position head = two.head(SHARD);
                List<Long> found = positions(two.read(SHARD, at(seen), head));
                assertThat(found)
                    .isEqualTo(LongStream.rangeClosed(seen + 1, head.value()).boxed().toList());
                seen = head.value();
              }
              return seen;
            });
    List<Future<List<Long>>> written = new ArrayList<>();
    for (int p = 0; p < publishers; p++) {
      EventBus bus = p % 2 == 0 ? one : two;
      String name = "publisher " + p + " event ";
      written.add(
          inThread(
              () ->
                  IntStream.range(0, each)
                      .mapToObj(i -> publish(bus, segment(name + i)).value())
                      .toList()));
    }

    List<Long> all = new ArrayList<>();
    for (Future<List<Long>> own : written) {
      assertThat(own.get()).isSorted();
      all.addAll(own.get());
    }
    done.set(true);
    Collections.sort(all);
    assertThat(all).isEqualTo(upTo((long) publishers * each));
    assertThat(reader.get()).isEqualTo((long) publishers * each);
  }

  @Test
  void publishingToSeveralShardsInAnyOrderNeverDeadlocksAndLosesNothing() throws Exception {
    EventBus one = openWithShards();
    EventBus two = open(BusOptions.DEFAULTS);
    List<List<ShardId>> orders =
        List.of(List.of(SHARD, OTHER, THIRD), List.of(THIRD, OTHER, SHARD));
    int publishers = 8;
    int each = 100;

    List<Future<Boolean>> written = new ArrayList<>();
    for (int p = 0; p < publishers; p++) {
      EventBus bus = p % 2 == 0 ? one : two;
      List<ShardId> order = orders.get(p / 2 % 2);
      String name = "publisher " + p + " event ";
      written.add(
          inThread(
              () -> {
                for (int i = 0; i < each; i++) {
                  String payload = name + i;
                  bus.publish(order.stream().map(shard -> segment(shard, 1, payload)).toList());
                }
                return true;
              }));
    }
    for (Future<Boolean> own : written) {
      own.get();
    }

    for (ShardId shard : List.of(SHARD, OTHER, THIRD)) {
      assertThat(payloads(one, shard)).hasSize(publishers * each).doesNotHaveDuplicates();
    }
  }

  @Test
  void segmentsOfOneRequestKeepTheirOrderWithinEachShard() {
    EventBus bus = openWithShards();

    List<Position> positions =
        bus.publish(
            List.of(
                segment(SHARD, 1, "a"),
                segment(OTHER, 1, "b"),
                segment(SHARD, 1, "c"),
                segment(OTHER, 1, "d"),
                segment(SHARD, 1, "e")));

    assertThat(positions).containsExactly(at(1), at(1), at(2), at(2), at(3));
    assertThat(payloads(bus, SHARD)).containsExactly("a", "c", "e");
    assertThat(payloads(bus, OTHER)).containsExactly("b", "d");
  }

  @Test
  void requestWithAnUnknownShardAppendsNothing() {
    EventBus bus = openWithShards();
    ShardId unknown = new ShardId("unknown-0");

    assertThatThrownBy(() -> bus.publish(List.of(segment(SHARD, 1, "a"), segment(unknown, 1, "b"))))
        .isInstanceOf(ShardNotFoundException.class)
        .hasMessage("Shard not found: unknown-0");

    assertThat(bus.head(SHARD)).isEqualTo(Position.START);
  }

  @Test
  void requestsLargerThanAGroupAreAppendedWhole() throws Exception {
    EventBus bus = openWithShards(BusOptions.DEFAULTS.withMaxGroupBytes(10));
    List<Future<List<Position>>> published = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      Segment large = segment("larger than a group " + i);
      published.add(inThread(() -> bus.publish(List.of(large, large))));
    }

    for (Future<List<Position>> each : published) {
      List<Position> positions = each.get();
      assertThat(positions.get(1).value()).isEqualTo(positions.get(0).value() + 1);
    }
    assertThat(bus.head(SHARD)).isEqualTo(at(16));
  }

  @Test
  void publishingNothingReturnsNothing() {
    assertThat(openWithShards().publish(List.of())).isEmpty();
  }

  @Test
  void segmentReadsBackAsPublished() {
    EventBus bus = openWithShards();
    byte[] payload = new byte[3 << 20];
    for (int i = 0; i < payload.length; i++) {
      payload[i] = (byte) ((i * 31) >> 3);
    }

    Position position = publish(bus, new Segment(SHARD, 77, payload));

    try (Stream<PublishedSegment> read = bus.read(SHARD, Position.START, position)) {
      PublishedSegment segment = read.findFirst().orElseThrow();
      assertThat(segment.shard()).isEqualTo(SHARD);
      assertThat(segment.position()).isEqualTo(position);
      assertThat(segment.rowCount()).isEqualTo(77);
      assertThat(segment.payload()).isEqualTo(payload);
    }
  }

  @Test
  void emptyPayloadIsASegmentToo() {
    EventBus bus = openWithShards();

    publish(bus, segment(""));

    assertThat(payloads(bus, SHARD)).containsExactly("");
  }

  @Test
  void publishingTimesNeverGoBack() {
    EventBus bus = openWithShards();
    for (int i = 0; i < 20; i++) {
      publishMany(bus, 3);
    }

    try (Stream<PublishedSegment> read = bus.read(SHARD, Position.START, bus.head(SHARD))) {
      assertThat(read.map(PublishedSegment::publishedAt).toList()).isSorted();
    }
  }

  @Test
  void ensuringAShardAgainChangesNothing() {
    EventBus bus = openWithShards();
    publishMany(bus, 3);

    open(BusOptions.DEFAULTS).ensureShard(SHARD, TENANT);

    assertThat(bus.head(SHARD)).isEqualTo(at(3));
  }

  @Test
  void shardOfAnotherTenantIsRefused() {
    EventBus bus = openWithShards();

    assertThatThrownBy(() -> bus.ensureShard(SHARD, "stranger"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Shard default-0 belongs to tenant default, not stranger");
  }

  @Test
  void manyMakeTheSameShardsAtOnce() throws Exception {
    EventBus one = open(BusOptions.DEFAULTS);
    EventBus two = open(BusOptions.DEFAULTS);
    List<Future<Boolean>> made = new ArrayList<>();
    for (int t = 0; t < 6; t++) {
      EventBus bus = t % 2 == 0 ? one : two;
      made.add(
          inThread(
              () -> {
                for (int i = 0; i < 5; i++) {
                  bus.ensureShard(new ShardId("shared-" + i), TENANT);
                }
                return true;
              }));
    }
    for (Future<Boolean> maker : made) {
      maker.get();
    }

    assertThat(one.statuses())
        .extracting(status -> status.shard().value())
        .containsExactly("shared-0", "shared-1", "shared-2", "shared-3", "shared-4");
  }

  @Test
  void closedLogRefusesEverything() throws Exception {
    EventBus bus = openWithShards();
    bus.close();

    assertThatThrownBy(() -> publishMany(bus, 1))
        .isInstanceOfSatisfying(
            BusUnavailableException.class, e -> assertThat(e.outcomeUnknown()).isFalse());
    assertThatThrownBy(() -> claim(bus, ANNA, PATIENT)).isInstanceOf(BusUnavailableException.class);
  }

  @Test
  void closingEndsAWaitingClaim() {
    EventBus bus = openWithShards();
    Future<Batch> waiting = inThread(() -> claim(bus, ANNA, PATIENT));
    eventually("the claim waits", () -> !waiting.isDone());

    bus.close();

    assertThatThrownBy(() -> waiting.get(10, TimeUnit.SECONDS))
        .hasCauseInstanceOf(BusUnavailableException.class);
  }

  // Claiming

  @Test
  void batchHoldsEverythingAfterTheAcknowledged() throws Exception {
    EventBus bus = openWithShards();
    bus.publish(List.of(segment(SHARD, 2, "ab"), segment(SHARD, 3, "cde")));

    Batch first = claim(bus, ANNA, AT_ONCE);

    assertThat(first.id()).isEqualTo(new BatchId(SHARD, 1));
    assertThat(first.after()).isEqualTo(Position.START);
    assertThat(first.upTo()).isEqualTo(at(2));
    assertThat(first.segmentCount()).isEqualTo(2);
    assertThat(first.rowCount()).isEqualTo(5);
    assertThat(first.sizeBytes()).isEqualTo(5);
    assertThat(first.leasedUntil()).isAfter(Instant.now().plusSeconds(30));
  }

  @Test
  void afterAnAcknowledgementTheNextPositionsAreClaimed() throws Exception {
    EventBus bus = openWithShards();
    publishMany(bus, 3);
    bus.ack(SHARD, claim(bus, ANNA, AT_ONCE).upTo());
    publishMany(bus, 2);

    Batch next = claim(bus, ANNA, AT_ONCE);

    assertThat(next.after()).isEqualTo(at(3));
    assertThat(next.upTo()).isEqualTo(at(5));
    assertThat(next.segmentCount()).isEqualTo(2);
  }

  @Test
  void whenEverythingIsAcknowledgedNothingIsClaimed() throws Exception {
    EventBus bus = openWithShards();
    publishMany(bus, 3);
    bus.ack(SHARD, at(3));

    assertThat(bus.claimBatch(SHARD, ANNA, AT_ONCE, LEASE)).isEmpty();
  }

  @Test
  void claimThatFindsNothingReturnsEmptyAfterItsWait() throws Exception {
    EventBus bus = openWithShards();
    long started = System.nanoTime();

    Optional<Batch> batch =
        bus.claimBatch(SHARD, ANNA, AT_ONCE.withMaxWait(Duration.ofMillis(150)), LEASE);

    assertThat(batch).isEmpty();
    assertThat(Duration.ofNanos(System.nanoTime() - started))
        .isBetween(Duration.ofMillis(150), Duration.ofSeconds(10));
  }

  @Test
  void liveClaimOfAnotherConsumerIsRespected() throws Exception {
    EventBus bus = openWithShards();
    publishMany(bus, 1);
    claim(bus, ANNA, AT_ONCE);

    Optional<Batch> batch =
        open(BusOptions.DEFAULTS)
            .claimBatch(SHARD, BERT, AT_ONCE.withMaxWait(Duration.ofMillis(100)), LEASE);

    assertThat(batch).isEmpty();
  }

  @Test
  void ofManyConsumersThatClaimAtOnceOneWins() throws Exception {
    EventBus one = openWithShards();
    EventBus two = open(BusOptions.DEFAULTS);
    publishMany(one, 1);
    List<Future<Optional<Batch>>> claims = new ArrayList<>();
    for (int c = 0; c < 8; c++) {
      EventBus bus = c % 2 == 0 ? one : two;
      ConsumerId consumer = new ConsumerId("consumer " + c);
      claims.add(inThread(() -> bus.claimBatch(SHARD, consumer, AT_ONCE, LEASE)));
    }

    int won = 0;
    for (Future<Optional<Batch>> claim : claims) {
      won += claim.get().isPresent() ? 1 : 0;
    }

    assertThat(won).isEqualTo(1);
  }

  @Test
  void expiredLeaseIsTakenOverAndItsHolderIsRefused() throws Exception {
    EventBus bus = openWithShards();
    publishMany(bus, 2);
    Batch stale = bus.claimBatch(SHARD, ANNA, AT_ONCE, Duration.ofMillis(150)).orElseThrow();

    Batch taken = claim(open(BusOptions.DEFAULTS), BERT, PATIENT);

    assertThat(taken.id().claim()).isGreaterThan(stale.id().claim());
    assertThat(taken.upTo()).isEqualTo(stale.upTo());
    assertThatThrownBy(() -> bus.extendLease(stale.id(), LEASE))
        .isInstanceOf(LeaseLostException.class)
        .hasMessage("Lease lost: batch default-0#1 is not the current claim of its shard");
    assertThatThrownBy(() -> bus.nack(stale.id(), List.of(at(1)), "bad"))
        .isInstanceOf(LeaseLostException.class);
    bus.release(stale.id());
    assertThat(bus.status(SHARD).lease()).isNotNull();
    assertThat(bus.status(SHARD).lease().batch()).isEqualTo(taken.id());
    assertThat(bus.quarantined(SHARD)).isEmpty();
  }

  @Test
  void expiredLeaseIsLostEvenWhenNobodyTookIt() throws Exception {
    EventBus bus = openWithShards();
    publishMany(bus, 1);
    Batch batch = bus.claimBatch(SHARD, ANNA, AT_ONCE, Duration.ofMillis(50)).orElseThrow();

    eventually("the lease ends", () -> bus.status(SHARD).lease() == null);

    assertThatThrownBy(() -> bus.extendLease(batch.id(), LEASE))
        .isInstanceOf(LeaseLostException.class);
    assertThat(bus.requeueExpired()).isEqualTo(1);
    assertThat(bus.requeueExpired()).isZero();
  }

  @Test
  void zombieMayAcknowledgeWhatItCommitted() throws Exception {
    EventBus bus = openWithShards();
    publishMany(bus, 2);
    Batch stale = bus.claimBatch(SHARD, ANNA, AT_ONCE, Duration.ofMillis(50)).orElseThrow();
    Batch taken = claim(bus, BERT, PATIENT);

    bus.ack(SHARD, stale.upTo());

    assertThat(bus.status(SHARD).acked()).isEqualTo(at(2));
    assertThatThrownBy(() -> bus.extendLease(taken.id(), LEASE))
        .isInstanceOf(LeaseLostException.class);
  }

  @Test
  void extendedLeaseHolds() throws Exception {
    EventBus bus = openWithShards();
    publishMany(bus, 1);
    Batch batch = bus.claimBatch(SHARD, ANNA, AT_ONCE, Duration.ofSeconds(5)).orElseThrow();

    bus.extendLease(batch.id(), Duration.ofMinutes(5));

    ShardStatus.Lease lease = bus.status(SHARD).lease();
    assertThat(lease).isNotNull();
    assertThat(lease.leasedUntil()).isAfter(batch.leasedUntil().plusSeconds(60));
  }

  @Test
  void newClaimOfTheSameConsumerEndsItsOldOne() throws Exception {
    EventBus bus = openWithShards();
    publishMany(bus, 1);
    Batch old = claim(bus, ANNA, AT_ONCE);

    Batch renewed = claim(bus, ANNA, AT_ONCE);

    assertThat(renewed.id().claim()).isEqualTo(old.id().claim() + 1);
    assertThat(renewed.upTo()).isEqualTo(old.upTo());
    assertThatThrownBy(() -> bus.extendLease(old.id(), LEASE))
        .isInstanceOf(LeaseLostException.class);
  }

  @Test
  void releasedBatchGoesToTheOneWhoWaits() throws Exception {
    EventBus bus = openWithShards();
    publishMany(bus, 1);
    Batch batch = claim(bus, ANNA, AT_ONCE);
    EventBus elsewhere = open(BusOptions.DEFAULTS);
    Future<Batch> waiting = inThread(() -> claim(elsewhere, BERT, PATIENT));
    eventually("the claim waits", () -> !waiting.isDone());

    bus.release(batch.id());

    assertThat(waiting.get(10, TimeUnit.SECONDS).id().claim()).isEqualTo(batch.id().claim() + 1);
  }

  @Test
  void releasingTwiceDoesNothing() throws Exception {
    EventBus bus = openWithShards();
    publishMany(bus, 1);
    Batch first = claim(bus, ANNA, AT_ONCE);
    bus.release(first.id());
    Batch second = claim(bus, BERT, AT_ONCE);

    bus.release(first.id());

    bus.extendLease(second.id(), LEASE);
  }

  @Test
  void interruptedClaimClaimsNothing() throws Exception {
    EventBus bus = openWithShards();
    CountDownLatch started = new CountDownLatch(1);
    AtomicBoolean interrupted = new AtomicBoolean();
    Thread waiting =
        Thread.ofPlatform()
            .start(
                () -> {
                  started.countDown();
                  try {
                    claim(bus, ANNA, PATIENT);
                  } catch (InterruptedException e) {
                    interrupted.set(true);
                  }
                });
    started.await();

    waiting.interrupt();

    waiting.join(10_000);
    assertThat(interrupted).isTrue();
    publishMany(bus, 1);
    assertThat(bus.status(SHARD).lease()).isNull();
  }

  // Linger, limits, flush

  @Test
  void segmentWaitsForCompanyAsLongAsTheLinger() throws Exception {
    EventBus bus = openWithShards();
    Duration linger = Duration.ofMillis(400);
    long started = System.nanoTime();
    publishMany(bus, 1);
    Future<Batch> waiting = inThread(() -> claim(bus, ANNA, PATIENT.withLinger(linger)));
    publishMany(bus, 1);

    Batch batch = waiting.get(10, TimeUnit.SECONDS);

    assertThat(Duration.ofNanos(System.nanoTime() - started)).isGreaterThanOrEqualTo(linger);
    assertThat(batch.segmentCount()).isEqualTo(2);
  }

  @Test
  void lingerCountsFromThePublishingOfTheOldestSegment() throws Exception {
    EventBus bus = openWithShards();
    Duration linger = Duration.ofMillis(300);
    publishMany(bus, 1);
    long published = System.nanoTime();
    eventually("the linger is over", () -> System.nanoTime() - published > linger.toNanos());

    Optional<Batch> batch = bus.claimBatch(SHARD, ANNA, AT_ONCE.withLinger(linger), LEASE);

    assertThat(batch).isPresent();
    assertThat(Duration.ofNanos(System.nanoTime() - published)).isLessThan(linger.multipliedBy(2));
  }

  @Test
  void rowLimitEndsTheLinger() throws Exception {
    EventBus bus = openWithShards();
    EventBus elsewhere = open(BusOptions.DEFAULTS);
    BatchLimits limits = PATIENT.withLinger(Duration.ofMinutes(10)).withMaxRows(10);
    publish(bus, segment(SHARD, 4, "a"));
    Future<Batch> waiting = inThread(() -> claim(elsewhere, ANNA, limits));
    eventually("the claim waits", () -> !waiting.isDone());

    publish(bus, segment(SHARD, 6, "b"));

    assertThat(waiting.get(10, TimeUnit.SECONDS).rowCount()).isEqualTo(10);
  }

  @Test
  void byteLimitEndsTheLinger() throws Exception {
    EventBus bus = openWithShards();
    EventBus elsewhere = open(BusOptions.DEFAULTS);
    BatchLimits limits = PATIENT.withLinger(Duration.ofMinutes(10)).withMaxBytes(10);
    publish(bus, segment("1234"));
    Future<Batch> waiting = inThread(() -> claim(elsewhere, ANNA, limits));
    eventually("the claim waits", () -> !waiting.isDone());

    publish(bus, segment("567890"));

    assertThat(waiting.get(10, TimeUnit.SECONDS).sizeBytes()).isEqualTo(10);
  }

  @Test
  void batchIsCutBeforeTheSegmentThatPassesTheRowLimit() throws Exception {
    EventBus bus = openWithShards();
    for (int i = 0; i < 5; i++) {
      publish(bus, segment(SHARD, 4, "abc"));
    }

    Batch batch = claim(bus, ANNA, AT_ONCE.withMaxRows(10));

    assertThat(batch.upTo()).isEqualTo(at(2));
    assertThat(batch.rowCount()).isEqualTo(8);
    assertThat(batch.sizeBytes()).isEqualTo(6);
  }

  @Test
  void batchIsCutBeforeTheSegmentThatPassesTheByteLimit() throws Exception {
    EventBus bus = openWithShards();
    for (int i = 0; i < 5; i++) {
      publish(bus, segment(SHARD, 4, "abc"));
    }
    bus.ack(SHARD, at(1));

    Batch batch = claim(bus, ANNA, AT_ONCE.withMaxBytes(6));

    assertThat(batch.after()).isEqualTo(at(1));
    assertThat(batch.upTo()).isEqualTo(at(3));
    assertThat(batch.sizeBytes()).isEqualTo(6);
    assertThat(batch.rowCount()).isEqualTo(8);
  }

  @Test
  void segmentLargerThanTheLimitsIsABatchOfItsOwn() throws Exception {
    EventBus bus = openWithShards();
    publish(bus, segment(SHARD, 50, "large"));
    publish(bus, segment(SHARD, 1, "small"));

    Batch batch = claim(bus, ANNA, AT_ONCE.withMaxRows(10).withMaxBytes(2));

    assertThat(batch.upTo()).isEqualTo(at(1));
    assertThat(batch.rowCount()).isEqualTo(50);
    assertThat(batch.sizeBytes()).isEqualTo(5);
  }

  @Test
  void flushRequestEndsTheLinger() throws Exception {
    EventBus bus = openWithShards();
    EventBus elsewhere = open(BusOptions.DEFAULTS);
    Position position = publish(bus, segment("urgent"));
    Future<Batch> waiting =
        inThread(() -> claim(elsewhere, ANNA, PATIENT.withLinger(Duration.ofMinutes(10))));
    eventually("the claim waits", () -> !waiting.isDone());

    bus.requestFlush(SHARD, position);

    assertThat(waiting.get(10, TimeUnit.SECONDS).upTo()).isEqualTo(position);
  }

  @Test
  void flushRequestHoldsUntilItsPositionIsAcknowledgedAndNoLonger() throws Exception {
    EventBus bus = openWithShards();
    BatchLimits lingering = AT_ONCE.withLinger(Duration.ofMinutes(10));
    publishMany(bus, 2);
    bus.requestFlush(SHARD, at(2));
    bus.release(claim(bus, ANNA, lingering).id());
    bus.ack(SHARD, at(1));

    Batch again = claim(bus, ANNA, lingering);
    bus.ack(SHARD, again.upTo());
    bus.requestFlush(SHARD, at(2));
    publishMany(bus, 1);
    Future<Batch> third = inThread(() -> claim(bus, ANNA, lingering));
    eventually("the claim lingers", () -> bus.head(SHARD).equals(at(3)));

    assertThat(again.after()).isEqualTo(at(1));
    assertThatThrownBy(() -> third.get(200, TimeUnit.MILLISECONDS))
        .isInstanceOf(TimeoutException.class);
  }

  @Test
  void flushRequestBeyondTheHeadDoesNotReachWhatComesLater() throws Exception {
    EventBus bus = openWithShards();
    publishMany(bus, 1);
    bus.requestFlush(SHARD, at(1_000));
    bus.ack(SHARD, at(1));
    publishMany(bus, 1);

    Future<Batch> lingering =
        inThread(() -> claim(bus, ANNA, AT_ONCE.withLinger(Duration.ofMinutes(10))));

    assertThatThrownBy(() -> lingering.get(200, TimeUnit.MILLISECONDS))
        .isInstanceOf(TimeoutException.class);
  }

  @Test
  void waitingClaimWakesWhenAnotherProcessPublishes() throws Exception {
    EventBus bus = openWithShards();
    EventBus elsewhere = open(BusOptions.DEFAULTS);
    Future<Batch> waiting = inThread(() -> claim(bus, ANNA, PATIENT));
    eventually("the claim waits", () -> !waiting.isDone());

    publishMany(elsewhere, 1);

    assertThat(waiting.get(10, TimeUnit.SECONDS).upTo()).isEqualTo(at(1));
  }

  // Acknowledging

  @Test
  void acknowledgingAgainChangesNothing() throws Exception {
    EventBus bus = openWithShards();
    publishMany(bus, 3);
    bus.ack(SHARD, at(2));
    Batch live = claim(bus, ANNA, AT_ONCE);

    bus.ack(SHARD, at(2));
    bus.ack(SHARD, at(1));

    assertThat(bus.status(SHARD).acked()).isEqualTo(at(2));
    bus.extendLease(live.id(), LEASE);
  }

  @Test
  void acknowledgingBeyondTheHeadIsRefused() {
    EventBus bus = openWithShards();
    publishMany(bus, 3);

    assertThatThrownBy(() -> bus.ack(SHARD, at(4)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Cannot acknowledge position 4 of shard default-0: its head is 3");

    assertThat(bus.status(SHARD).acked()).isEqualTo(Position.START);
  }

  @Test
  void statusCountsWhatIsAppendedAndWhatIsAcknowledged() throws Exception {
    EventBus bus = openWithShards();
    bus.publish(
        List.of(
            segment(SHARD, 2, "12"),
            segment(SHARD, 3, "123"),
            segment(SHARD, 5, "12345"),
            segment(OTHER, 7, "1234567")));
    bus.ack(SHARD, at(2));
    Batch batch = claim(bus, ANNA, AT_ONCE);

    ShardStatus status = bus.status(SHARD);

    assertThat(status.tenant()).isEqualTo(TENANT);
    assertThat(status.head()).isEqualTo(at(3));
    assertThat(status.acked()).isEqualTo(at(2));
    assertThat(status.appendedRows()).isEqualTo(10);
    assertThat(status.ackedRows()).isEqualTo(5);
    assertThat(status.backlogBytes()).isEqualTo(5);
    try (Stream<PublishedSegment> oldest = bus.read(SHARD, at(2), at(3))) {
      assertThat(status.oldestUnacked()).isEqualTo(oldest.findFirst().orElseThrow().publishedAt());
    }
    assertThat(status.lease())
        .isEqualTo(new ShardStatus.Lease(batch.id(), ANNA, at(3), batch.leasedUntil()));
    assertThat(bus.statuses())
        .extracting(each -> each.shard().value())
        .containsExactly("default-0", "default-1", "default-2");
    assertThat(bus.status(THIRD).oldestUnacked()).isNull();
  }

  // Quarantine

  @Test
  void quarantinedSegmentsAreKeptWholeAndNotDelivered() throws Exception {
    EventBus bus = openWithShards();
    bus.publish(
        List.of(segment(SHARD, 1, "good"), segment(SHARD, 2, "bad"), segment(SHARD, 4, "fine")));
    Batch batch = claim(bus, ANNA, AT_ONCE);

    bus.nack(batch.id(), List.of(at(2)), "Column a is not an INTEGER");

    assertThat(payloads(bus, SHARD)).containsExactly("good", "fine");
    try (Stream<QuarantinedSegment> quarantined = bus.quarantined(SHARD)) {
      QuarantinedSegment only = quarantined.toList().getFirst();
      assertThat(only.segment().position()).isEqualTo(at(2));
      assertThat(only.segment().rowCount()).isEqualTo(2);
      assertThat(new String(only.segment().payload(), UTF_8)).isEqualTo("bad");
      assertThat(only.reason()).isEqualTo("Column a is not an INTEGER");
      assertThat(only.quarantinedAt()).isAfterOrEqualTo(only.segment().publishedAt());
    }
    bus.release(batch.id());
    Batch again = claim(bus, ANNA, AT_ONCE);
    assertThat(again.upTo()).isEqualTo(at(3));
    assertThat(again.segmentCount()).isEqualTo(2);
    assertThat(again.rowCount()).isEqualTo(5);
    assertThat(again.sizeBytes()).isEqualTo(8);
  }

  @Test
  void batchWhollyInQuarantineIsClaimedEmptyAndAcknowledged() throws Exception {
    EventBus bus = openWithShards();
    publishMany(bus, 2);
    Batch batch = claim(bus, ANNA, AT_ONCE);
    bus.nack(batch.id(), List.of(at(1), at(2)), "bad");
    bus.release(batch.id());

    Batch again = claim(bus, ANNA, AT_ONCE);

    assertThat(again.upTo()).isEqualTo(at(2));
    assertThat(again.segmentCount()).isZero();
    assertThat(again.rowCount()).isZero();
    assertThat(again.sizeBytes()).isZero();
    bus.ack(SHARD, again.upTo());
    assertThat(bus.status(SHARD).ackedRows()).isEqualTo(2);
    assertThat(bus.quarantined(SHARD)).hasSize(2);
  }

  @Test
  void droppedSegmentsLeaveQuarantineAndAreStillNotDelivered() throws Exception {
    EventBus bus = openWithShards();
    publishMany(bus, 3);
    Batch batch = claim(bus, ANNA, AT_ONCE);
    bus.nack(batch.id(), List.of(at(1), at(3)), "bad");

    bus.dropQuarantined(SHARD, List.of(at(1), at(2)));
    bus.dropQuarantined(SHARD, List.of(at(1)));
    bus.nack(batch.id(), List.of(at(1)), "bad again");

    try (Stream<QuarantinedSegment> quarantined = bus.quarantined(SHARD)) {
      assertThat(quarantined.map(each -> each.segment().position())).containsExactly(at(3));
    }
    assertThat(positions(bus.read(SHARD, Position.START, at(3)))).containsExactly(2L);
  }

  @Test
  void quarantiningTwiceKeepsTheFirstReason() throws Exception {
    EventBus bus = openWithShards();
    publishMany(bus, 1);
    Batch batch = claim(bus, ANNA, AT_ONCE);
    bus.nack(batch.id(), List.of(at(1)), "first");

    bus.nack(batch.id(), List.of(at(1)), "second");

    try (Stream<QuarantinedSegment> quarantined = bus.quarantined(SHARD)) {
      assertThat(quarantined.map(QuarantinedSegment::reason)).containsExactly("first");
    }
  }

  @Test
  void positionsOutsideTheBatchAreNotQuarantined() throws Exception {
    EventBus bus = openWithShards();
    publishMany(bus, 1);
    bus.ack(SHARD, at(1));
    publishMany(bus, 1);
    Batch batch = claim(bus, ANNA, AT_ONCE);
    publishMany(bus, 1);

    bus.nack(batch.id(), List.of(at(1)), "acknowledged");
    assertThatThrownBy(() -> bus.nack(batch.id(), List.of(at(2), at(3)), "bad"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Position 3 is not in batch default-0#1, which ends at 2");

    assertThat(bus.quarantined(SHARD)).isEmpty();
  }

  @Test
  void quarantineOutlivesThePartition() throws Exception {
    EventBus bus = openWithShards(BusOptions.DEFAULTS.withPartitionBytes(10));
    bus.publish(List.of(segment("bad"), segment("long enough to fill it")));
    Batch batch = claim(bus, ANNA, AT_ONCE);
    bus.nack(batch.id(), List.of(at(1)), "bad");
    bus.ack(SHARD, at(2));

    eventually("space is freed", () -> bus.reclaim() > 0);

    assertThat(positions(bus.read(SHARD, Position.START, at(2)))).isEmpty();
    try (Stream<QuarantinedSegment> quarantined = bus.quarantined(SHARD)) {
      assertThat(quarantined.map(each -> new String(each.segment().payload(), UTF_8)))
          .containsExactly("bad");
    }
  }

  // Counting

  @Test
  void segmentsAreCountedByTheirFirstBytesThoseInQuarantineIncluded() throws Exception {
    EventBus bus = openWithShards();
    publish(bus, segment(SHARD, 2, "a1"));
    publish(bus, segment(SHARD, 3, "b" + "x".repeat(20_000)));
    publish(bus, segment(SHARD, 5, "a2"));
    publish(bus, segment(OTHER, 100, "a"));
    publish(bus, segment(SHARD, 7, "a3"));
    Batch batch = claim(bus, ANNA, AT_ONCE);
    bus.nack(batch.id(), List.of(at(3)), "bad");

    assertThat(counts(bus, Position.START, at(4), 1)).containsExactly("a 3 14", "b 1 3");
    assertThat(counts(bus, at(1), at(3), 1)).containsExactly("a 1 5", "b 1 3");
    assertThat(counts(bus, Position.START, at(4), 0)).containsExactly(" 4 17");
    assertThat(counts(bus, at(2), at(3), 1_000)).containsExactly("a2 1 5");
    assertThat(counts(bus, at(4), at(4), 1)).isEmpty();
  }

  @Test
  void countingMissesNothingThatIsNotAcknowledgedWhilePartitionsChange() {
    EventBus bus = openWithShards(BusOptions.DEFAULTS.withPartitionBytes(100));
    for (int i = 0; i < 10; i++) {
      publish(bus, segment("x".repeat(50)));
    }
    bus.ack(SHARD, at(5));
    bus.reclaim();

    assertThat(counts(bus, at(5), at(10), 1)).containsExactly("x 5 5");
    assertThat(counts(bus, at(5), at(99), 1)).containsExactly("x 5 5");
  }

  private static List<String> counts(EventBus bus, Position after, Position upTo, int prefix) {
    return bus.count(SHARD, after, upTo, prefix).stream()
        .map(
            count ->
                "%s %d %d"
                    .formatted(new String(count.prefix(), UTF_8), count.segments(), count.rows()))
        .sorted()
        .toList();
  }

  // Backlog

  @Test
  void tenantWithAFullBacklogIsRefusedUntilSomethingLands() {
    EventBus bus = openWithShards(BusOptions.DEFAULTS.withBacklogLimitBytes(100));
    ShardId stranger = new ShardId("stranger-0");
    bus.ensureShard(stranger, "stranger");
    publish(bus, segment("x".repeat(60)));
    publish(bus, segment(OTHER, 1, "x".repeat(60)));

    assertThatThrownBy(() -> bus.publish(List.of(segment("more"), segment(stranger, 1, "more"))))
        .isInstanceOfSatisfying(
            BacklogFullException.class,
            e -> {
              assertThat(e.tenant()).isEqualTo(TENANT);
              assertThat(e.backlogBytes()).isEqualTo(120);
              assertThat(e.limitBytes()).isEqualTo(100);
              assertThat(e.retryAfter()).isBetween(Duration.ofSeconds(1), Duration.ofSeconds(30));
            });

    assertThat(bus.head(SHARD)).isEqualTo(at(1));
    assertThat(publish(bus, segment(stranger, 1, "others publish"))).isEqualTo(at(1));
    bus.ack(OTHER, at(1));
    eventually("the backlog has room", () -> isAccepted(bus, segment("again")));
    assertThat(bus.head(SHARD)).isEqualTo(at(2));
  }

  @Test
  void refusedRequestDoesNotDisturbThoseThatArriveWithIt() throws Exception {
    EventBus bus = openWithShards(BusOptions.DEFAULTS.withBacklogLimitBytes(1_000));
    ShardId full = new ShardId("full-0");
    bus.ensureShard(full, "full");
    publish(bus, segment(full, 1, "x".repeat(1_000)));
    List<Future<Boolean>> refused = new ArrayList<>();
    List<Future<Boolean>> accepted = new ArrayList<>();

    for (int i = 0; i < 20; i++) {
      refused.add(inThread(() -> isAccepted(bus, segment(full, 1, "no"))));
      accepted.add(inThread(() -> isAccepted(bus, segment("yes"))));
    }

    for (int i = 0; i < 20; i++) {
      assertThat(refused.get(i).get()).isFalse();
      assertThat(accepted.get(i).get()).isTrue();
    }
    assertThat(bus.head(full)).isEqualTo(at(1));
    assertThat(bus.head(SHARD)).isEqualTo(at(20));
  }

  private static boolean isAccepted(EventBus bus, Segment segment) {
    try {
      publish(bus, segment);
      return true;
    } catch (BacklogFullException e) {
      return false;
    }
  }

  // Reading

  @Test
  void rangeIsReadWithoutItsStartAndWithItsEnd() {
    EventBus bus = openWithShards();
    publishMany(bus, 5);

    assertThat(positions(bus.read(SHARD, at(1), at(3)))).containsExactly(2L, 3L);
    assertThat(positions(bus.read(SHARD, at(3), at(3)))).isEmpty();
    assertThat(positions(bus.read(SHARD, at(4), at(99)))).containsExactly(5L);
    assertThat(positions(bus.read(SHARD, at(5), at(99)))).isEmpty();
  }

  @Test
  void longRangesAreReadWhole() {
    EventBus bus = openWithShards(BusOptions.DEFAULTS.withPartitionBytes(100_000));
    for (int i = 0; i < 5; i++) {
      publishMany(bus, 900);
    }
    publish(bus, new Segment(SHARD, 1, new byte[9 << 20]));
    publish(bus, new Segment(SHARD, 1, new byte[9 << 20]));
    publishMany(bus, 3);

    assertThat(positions(bus.read(SHARD, Position.START, at(5_000)))).isEqualTo(upTo(4_505));
  }

  @Test
  void readingTheAcknowledgedGivesWhatIsStillThere() {
    EventBus bus = openWithShards();
    publishMany(bus, 5);
    bus.ack(SHARD, at(5));

    assertThat(positions(bus.read(SHARD, Position.START, at(5)))).isSubsetOf(upTo(5)).isSorted();
  }

  // Space

  @Test
  void reclaimFreesWhatIsAcknowledgedAndNothingElse() {
    EventBus bus = openWithShards(BusOptions.DEFAULTS.withPartitionBytes(100));
    for (int i = 0; i < 10; i++) {
      publish(bus, segment("x".repeat(50)));
    }
    assertThat(bus.reclaim()).isZero();
    assertThat(positions(bus.read(SHARD, Position.START, at(10)))).isEqualTo(upTo(10));
    bus.ack(SHARD, at(3));

    long freedBytes = bus.reclaim();

    assertThat(freedBytes).isBetween(1L, 150L);
    assertThat(positions(bus.read(SHARD, at(3), at(10))))
        .containsExactly(4L, 5L, 6L, 7L, 8L, 9L, 10L);
    assertThat(bus.reclaim()).isZero();
  }

  @Test
  void reclaimFreesAnIdleShardWhoseSegmentsHaveAllLanded() {
    EventBus bus = openWithShards(BusOptions.DEFAULTS.withPartitionBytes(100));
    publish(bus, segment("x".repeat(60)));
    bus.ack(SHARD, at(1));

    assertThat(bus.reclaim()).isEqualTo(60);

    assertThat(positions(bus.read(SHARD, Position.START, at(1)))).isEmpty();
    assertThat(publish(bus, segment("next"))).isEqualTo(at(2));
    assertThat(payloads(bus, SHARD)).containsExactly("next");
  }

  @Test
  void nothingIsLostWhilePartitionsAreFreedUnderLoad() throws Exception {
    BusOptions options = BusOptions.DEFAULTS.withPartitionBytes(2_000);
    EventBus one = openWithShards(options);
    EventBus two = open(options);
    int publishers = 4;
    int each = 250;
    long total = (long) publishers * each;
    AtomicBoolean done = new AtomicBoolean();
    List<Future<Boolean>> work = new ArrayList<>();
    for (int p = 0; p < publishers; p++) {
      EventBus bus = p % 2 == 0 ? one : two;
      String name = "publisher " + p + " event ";
      work.add(
          inThread(
              () -> {
                for (int i = 0; i < each; i++) {
                  publish(bus, segment(name + i + " " + "x".repeat(60)));
                }
                return true;
              }));
    }
    List<Future<Long>> reclaimers = new ArrayList<>();
    for (EventBus bus : List.of(one, two)) {
      reclaimers.add(
          inThread(
              () -> {
                long freedBytes = 0;
                while (!done.get()) {
                  freedBytes += bus.reclaim();
                }
                return freedBytes;
              }));
    }

    Set<String> landed = new HashSet<>();
    long expected = 1;
    BatchLimits limits = PATIENT.withMaxRows(40);
    while (expected <= total) {
      Batch batch = claim(two, ANNA, limits);
      try (Stream<PublishedSegment> read = two.read(SHARD, batch.after(), batch.upTo())) {
        for (PublishedSegment segment : read.toList()) {
          assertThat(segment.position().value()).isEqualTo(expected++);
          assertThat(landed.add(new String(segment.payload(), UTF_8))).isTrue();
        }
      }
      assertThat(batch.upTo().value()).isEqualTo(expected - 1);
      two.ack(SHARD, batch.upTo());
    }

    for (Future<Boolean> publisher : work) {
      publisher.get();
    }
    done.set(true);
    long freedBytes = 0;
    for (Future<Long> reclaimer : reclaimers) {
      freedBytes += reclaimer.get();
    }
    assertThat(landed).hasSize((int) total);
    assertThat(freedBytes).isGreaterThan(60 * total / 2);
  }

  @Test
  void everyCallNamesTheShardThatIsNotKnown() {
    EventBus bus = openWithShards();
    ShardId unknown = new ShardId("unknown-0");

    assertThatThrownBy(() -> bus.head(unknown)).isInstanceOf(ShardNotFoundException.class);
    assertThatThrownBy(() -> bus.status(unknown)).isInstanceOf(ShardNotFoundException.class);
    assertThatThrownBy(() -> bus.ack(unknown, at(1))).isInstanceOf(ShardNotFoundException.class);
    assertThatThrownBy(() -> bus.requestFlush(unknown, at(1)))
        .isInstanceOf(ShardNotFoundException.class);
    assertThatThrownBy(() -> bus.claimBatch(unknown, ANNA, AT_ONCE, LEASE))
        .isInstanceOf(ShardNotFoundException.class);
  }
}
