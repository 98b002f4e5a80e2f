package io.duckmesh.bus.postgres;

import static io.duckmesh.bus.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.duckmesh.bus.Batch;
import io.duckmesh.bus.BusOptions;
import io.duckmesh.bus.ConsumerId;
import io.duckmesh.bus.EventBus;
import io.duckmesh.bus.EventBusContract;
import io.duckmesh.bus.Position;
import io.duckmesh.bus.Segment;
import io.duckmesh.bus.ShardId;
import io.duckmesh.testing.PostgresServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PostgresBusIT extends EventBusContract {
  private final List<HikariDataSource> pools = new ArrayList<>();
  private @Nullable DataSource database;

  @Override
  protected EventBus connect(BusOptions options) {
    return connect(options, 4);
  }

  private EventBus connect(BusOptions options, int poolSize) {
    return PostgresBus.create(pool(poolSize), database(), options);
  }

  private DataSource database() {
    if (database == null) {
      database = PostgresServer.shared().newDatabase();
      PostgresBus.migrate(database);
    }
    return database;
  }

  private HikariDataSource pool(int size) {
    HikariConfig config = new HikariConfig();
    config.setDataSource(database());
    config.setMaximumPoolSize(size);
    config.setConnectionTimeout(5_000);
    HikariDataSource pool = new HikariDataSource(config);
    pools.add(pool);
    return pool;
  }

  @AfterEach
  void closePools() {
    pools.forEach(HikariDataSource::close);
  }

  @Test
  void migratingAgainChangesNothing() {
    EventBus bus = openWithShards();
    publishMany(bus, 1);

    PostgresBus.migrate(database());

    assertThat(payloads(bus, SHARD)).hasSize(1);
  }

  @Test
  void claimsThatWaitHoldNoConnection() throws Exception {
    openWithShards();
    EventBus bus = connect(BusOptions.DEFAULTS, 1);
    try (bus) {
      Future<Batch> first = inThread(() -> claim(bus, ANNA, PATIENT));
      Future<Batch> second =
          inThread(() -> bus.claimBatch(OTHER, ANNA, PATIENT, LEASE).orElseThrow());
      Future<Batch> lingering =
          inThread(
              () ->
                  bus.claimBatch(THIRD, ANNA, PATIENT.withLinger(Duration.ofMillis(500)), LEASE)
                      .orElseThrow());
      publish(bus, segment(THIRD, 1, "lingers"));
      publish(bus, segment(SHARD, 1, "a"));
      publish(bus, segment(OTHER, 1, "b"));

      assertThat(first.get(10, TimeUnit.SECONDS).upTo()).isEqualTo(at(1));
      assertThat(second.get(10, TimeUnit.SECONDS).upTo()).isEqualTo(at(1));
      assertThat(lingering.get(10, TimeUnit.SECONDS).upTo()).isEqualTo(at(1));
    }
  }

  @Test
  void longWaitingClaimIsToldAndDoesNotPoll() throws Exception {
    BusOptions options = BusOptions.DEFAULTS.withPollInterval(Duration.ofMinutes(5));
    EventBus bus = openWithShards(options);
    EventBus elsewhere = open(options);
    Duration slowest = Duration.ZERO;

    for (int round = 1; round <= 3; round++) {
      Future<Batch> waiting = inThread(() -> claim(elsewhere, ANNA, PATIENT));
      long waitingSince = System.nanoTime();
      // The looks that follow the beginning of the wait are over; the next would come at 4 s.
      eventually(
          "the claim sleeps",
          () -> System.nanoTime() - waitingSince > Duration.ofMillis(1_200).toNanos());
      long published = System.nanoTime();
      publishMany(bus, 1);
      Batch batch = waiting.get(10, TimeUnit.SECONDS);
      Duration taken = Duration.ofNanos(System.nanoTime() - published);
      slowest = taken.compareTo(slowest) > 0 ? taken : slowest;
      bus.ack(SHARD, batch.upTo());
    }

    assertThat(slowest).isLessThan(Duration.ofSeconds(1));
  }

  @Test
  void lingeringClaimIsToldOfAFlushAndOfReachedLimits() throws Exception {
    BusOptions options = BusOptions.DEFAULTS.withPollInterval(Duration.ofMinutes(5));
    EventBus bus = openWithShards(options);
    EventBus elsewhere = open(options);
    var limits = PATIENT.withLinger(Duration.ofMinutes(10)).withMaxRows(5);
    publishMany(bus, 1);
    publish(bus, segment(OTHER, 1, "a"));
    Future<Batch> flushed = inThread(() -> claim(elsewhere, ANNA, limits));
    Future<Batch> filled =
        inThread(() -> elsewhere.claimBatch(OTHER, ANNA, limits, LEASE).orElseThrow());
    long waitingSince = System.nanoTime();
    eventually(
        "the claims sleep",
        () -> System.nanoTime() - waitingSince > Duration.ofMillis(1_200).toNanos());

    long told = System.nanoTime();
    bus.requestFlush(SHARD, at(1));
    publish(bus, segment(OTHER, 4, "b"));

    assertThat(flushed.get(10, TimeUnit.SECONDS).upTo()).isEqualTo(at(1));
    assertThat(filled.get(10, TimeUnit.SECONDS).upTo()).isEqualTo(at(2));
    assertThat(Duration.ofNanos(System.nanoTime() - told)).isLessThan(Duration.ofSeconds(1));
  }

  @Test
  void reclaimGivesWayToReadersAndPublishersDoNotWaitForIt() throws Exception {
    EventBus bus = openWithShards(BusOptions.DEFAULTS.withPartitionBytes(100));
    publish(bus, segment("x".repeat(200)));
    eventually("another partition is current", () -> currentPart() != 1);
    bus.ack(SHARD, at(1));
    try (Connection reader = database().getConnection();
        Statement statement = reader.createStatement()) {
      reader.setAutoCommit(false);
      statement.execute("LOCK TABLE bus.segment_1 IN ACCESS SHARE MODE");
      Future<Long> reclaimed = inThread(bus::reclaim);
      for (int i = 0; i < 20; i++) {
        publish(bus, segment("goes on"));
      }

      assertThat(reclaimed.get(5, TimeUnit.SECONDS)).isZero();
      reader.rollback();
    }

    assertThat(bus.reclaim()).isEqualTo(200);
  }

  @Test
  void freedPartitionGivesItsFileBack() throws Exception {
    EventBus bus = openWithShards(BusOptions.DEFAULTS.withPartitionBytes(1 << 20));
    publish(bus, new Segment(SHARD, 1, new byte[4 << 20]));
    long before = segmentBytes();
    bus.ack(SHARD, at(1));

    eventually("space is freed", () -> bus.reclaim() > 0);

    assertThat(before).isGreaterThan(4 << 20);
    assertThat(segmentBytes()).isLessThan(1 << 20);
  }

  @Test
  void shardThatFindsNoFreePartitionGoesOnAndMovesLater() throws Exception {
    EventBus bus = openWithShards(BusOptions.DEFAULTS.withPartitionBytes(100));
    for (int i = 0; i < 40; i++) {
      publish(bus, segment("x".repeat(90)));
    }
    assertThat(positions(bus.read(SHARD, Position.START, at(40)))).hasSize(40);

    bus.ack(SHARD, at(40));

    eventually("everything is freed", () -> bus.reclaim() == 0 && segmentCount() == 0);
    assertThat(publish(bus, segment("next"))).isEqualTo(at(41));
    assertThat(payloads(bus, SHARD)).containsExactly("next");
  }

  @Test
  void manyShardsAndConsumersShareAnInstance() throws Exception {
    EventBus bus = open(BusOptions.DEFAULTS);
    List<Future<Position>> ends = new ArrayList<>();
    for (int s = 0; s < 12; s++) {
      ShardId shard = new ShardId("many-" + s);
      bus.ensureShard(shard, TENANT);
      ends.add(
          inThread(
              () -> {
                Position acked = Position.START;
                while (acked.value() < 30) {
                  Batch batch =
                      bus.claimBatch(shard, new ConsumerId("of " + shard), PATIENT, LEASE)
                          .orElseThrow();
                  bus.ack(shard, batch.upTo());
                  acked = batch.upTo();
                }
                return acked;
              }));
    }
    for (int i = 0; i < 30; i++) {
      List<Segment> segments = new ArrayList<>();
      for (int s = 0; s < 12; s++) {
        segments.add(segment(new ShardId("many-" + s), 1, "event " + i));
      }
      bus.publish(segments);
    }

    for (Future<Position> end : ends) {
      assertThat(end.get(20, TimeUnit.SECONDS)).isEqualTo(at(30));
    }
  }

  private long currentPart() {
    return number("SELECT part FROM bus.shard WHERE shard = 'default-0'");
  }

  private long segmentBytes() {
    return number(
        """
        SELECT sum(pg_total_relation_size(relid))
        FROM pg_partition_tree('bus.segment')
        WHERE isleaf
        """);
  }

  private long segmentCount() {
    return number("SELECT count(*) FROM bus.segment");
  }

  private long number(String sql) {
    try (Connection connection = database().getConnection();
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      result.next();
      return result.getLong(1);
    } catch (SQLException e) {
      throw new IllegalStateException(sql, e);
    }
  }
}
