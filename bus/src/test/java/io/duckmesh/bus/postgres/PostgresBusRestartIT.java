package io.duckmesh.bus.postgres;

import static io.duckmesh.bus.Eventually.eventually;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.duckmesh.bus.Batch;
import io.duckmesh.bus.BatchLimits;
import io.duckmesh.bus.BusOptions;
import io.duckmesh.bus.BusUnavailableException;
import io.duckmesh.bus.ConsumerId;
import io.duckmesh.bus.EventBus;
import io.duckmesh.bus.Position;
import io.duckmesh.bus.PublishedSegment;
import io.duckmesh.bus.Segment;
import io.duckmesh.bus.ShardId;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.ds.PGSimpleDataSource;

@Timeout(180)
class PostgresBusRestartIT {
  private static final ShardId SHARD = new ShardId("default-0");
  private static final ConsumerId ANNA = new ConsumerId("anna");
  private static final Duration LEASE = Duration.ofMinutes(1);
  private static final BatchLimits PATIENT =
      BatchLimits.DEFAULTS.withLinger(Duration.ZERO).withMaxWait(Duration.ofSeconds(30));

  @TempDir Path directory;
  private RestartableServer server;
  private HikariDataSource pool;
  private EventBus bus;
  private ExecutorService threads;

  @BeforeEach
  void start() {
    server = new RestartableServer(directory.resolve("data"));
    threads = Executors.newCachedThreadPool();
    PGSimpleDataSource dataSource = new PGSimpleDataSource();
    dataSource.setUrl(server.jdbcUrl());
    HikariConfig config = new HikariConfig();
    config.setDataSource(dataSource);
    config.setMaximumPoolSize(4);
    config.setConnectionTimeout(3_000);
    pool = new HikariDataSource(config);
    PostgresBus.migrate(dataSource);
    bus =
        PostgresBus.create(
            pool, dataSource, BusOptions.DEFAULTS.withPollInterval(Duration.ofMinutes(5)));
    bus.ensureShard(SHARD, "default");
  }

  @AfterEach
  void stop() throws InterruptedException {
    threads.shutdownNow();
    boolean ended = threads.awaitTermination(20, TimeUnit.SECONDS);
    bus.close();
    pool.close();
    server.close();
    assertThat(ended).isTrue();
  }

  private Position publish(String payload) {
    return bus.publish(List.of(new Segment(SHARD, 1, payload.getBytes(UTF_8)))).getFirst();
  }

  /** Asks until there is an answer: pooled connections that died show it one by one. */
  private static <T> T answer(Callable<T> question) {
    AtomicReference<T> answer = new AtomicReference<>();
    eventually(
        "the log answers",
        () -> {
          try {
            answer.set(question.call());
            return true;
          } catch (BusUnavailableException e) {
            return false;
          } catch (Exception e) {
            throw new AssertionError(e);
          }
        });
    return answer.get();
  }

  private boolean isPublished(String payload) {
    try {
      publish(payload);
      return true;
    } catch (BusUnavailableException e) {
      return false;
    }
  }

  @Test
  void everythingAcknowledgedSurvivesTheDeathOfTheServer() throws Exception {
    Set<String> acknowledged = ConcurrentHashMap.newKeySet();
    Set<String> unknown = ConcurrentHashMap.newKeySet();
    Set<String> refused = ConcurrentHashMap.newKeySet();
    AtomicBoolean done = new AtomicBoolean();
    List<Future<Boolean>> publishers = new ArrayList<>();
    for (int p = 0; p < 8; p++) {
      String name = "publisher " + p + " event ";
      publishers.add(
          threads.submit(
              () -> {
                for (int i = 0; !done.get() && !Thread.currentThread().isInterrupted(); i++) {
                  String payload = name + i;
                  try {
                    publish(payload);
                    acknowledged.add(payload);
                  } catch (BusUnavailableException e) {
                    (e.outcomeUnknown() ? unknown : refused).add(payload);
                    // As a client does: a refused publisher does not try again in the same breath.
                    LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
                  }
                }
                return true;
              }));
    }

    for (int kill = 1; kill <= 2; kill++) {
      int soFar = acknowledged.size();
      eventually("publishing goes on", () -> acknowledged.size() > soFar + 200);
      server.kill();
      int refusedSoFar = refused.size();
      eventually("publishing is refused", () -> refused.size() > refusedSoFar);
      server.start();
    }
    int soFar = acknowledged.size();
    eventually("publishing resumes", () -> acknowledged.size() > soFar + 200);
    done.set(true);
    for (Future<Boolean> publisher : publishers) {
      publisher.get();
    }

    List<String> found = new ArrayList<>();
    List<Long> positions = new ArrayList<>();
    Position head = answer(() -> bus.head(SHARD));
    try (Stream<PublishedSegment> read = bus.read(SHARD, Position.START, head)) {
      read.forEach(
          segment -> {
            found.add(new String(segment.payload(), UTF_8));
            positions.add(segment.position().value());
          });
    }
    assertThat(found).doesNotHaveDuplicates().containsAll(acknowledged);
    assertThat(found).doesNotContainAnyElementsOf(refused);
    assertThat(found).allMatch(each -> acknowledged.contains(each) || unknown.contains(each));
    assertThat(positions.getLast()).isEqualTo(positions.size());
  }

  @Test
  void claimsAndQuarantineSurviveTheDeathOfTheServer() throws Exception {
    publish("good");
    publish("bad");
    Batch batch = bus.claimBatch(SHARD, ANNA, PATIENT, LEASE).orElseThrow();
    bus.nack(batch.id(), List.of(new Position(2)), "bad");
    bus.ack(SHARD, new Position(1));

    server.kill();
    server.start();

    eventually("publishing resumes", () -> isPublished("next"));
    assertThat(answer(() -> bus.status(SHARD)).acked()).isEqualTo(new Position(1));
    try (Stream<PublishedSegment> read = bus.read(SHARD, new Position(1), bus.head(SHARD))) {
      assertThat(read.map(segment -> new String(segment.payload(), UTF_8)).distinct())
          .containsExactly("next");
    }
    assertThat(bus.quarantined(SHARD)).hasSize(1);
    Optional<Batch> next = bus.claimBatch(SHARD, ANNA, PATIENT, LEASE);
    assertThat(next.orElseThrow().id().claim()).isGreaterThan(batch.id().claim());
  }

  @Test
  void outageIsReportedAsUnavailableAndEverythingResumesAfterIt() throws Exception {
    publish("before");
    bus.ack(SHARD, new Position(1));
    server.close();

    // The connection's end may leave one outcome open; after it nothing is sent.
    eventually("publishing is refused for certain", this::isRefusedForCertain);
    assertThatThrownBy(() -> publish("during"))
        .isInstanceOfSatisfying(
            BusUnavailableException.class, e -> assertThat(e.outcomeUnknown()).isFalse());
    assertThatThrownBy(() -> bus.head(SHARD)).isInstanceOf(BusUnavailableException.class);
    assertThatThrownBy(() -> bus.claimBatch(SHARD, ANNA, PATIENT, LEASE))
        .isInstanceOf(BusUnavailableException.class);
    server.start();

    eventually("publishing resumes", () -> isPublished("after"));
    Batch batch = answer(() -> bus.claimBatch(SHARD, ANNA, PATIENT, LEASE)).orElseThrow();
    bus.ack(SHARD, batch.upTo());
    try (Stream<PublishedSegment> read = bus.read(SHARD, new Position(1), batch.upTo())) {
      assertThat(read.map(segment -> new String(segment.payload(), UTF_8)).distinct())
          .containsExactly("after");
    }
  }

  @Test
  void waitingClaimsAreToldAgainAfterTheServerWasAway() throws Exception {
    server.kill();
    server.start();
    eventually("publishing resumes", () -> isPublished("first"));
    bus.ack(SHARD, answer(() -> bus.head(SHARD)));
    eventually("the log is heard", this::isHeard);
    Future<Optional<Batch>> waiting =
        threads.submit(() -> bus.claimBatch(SHARD, ANNA, PATIENT, LEASE));
    long waitingSince = System.nanoTime();
    // The looks that follow the beginning of the wait are over; the next would come at 4 s.
    eventually(
        "the claim sleeps",
        () -> System.nanoTime() - waitingSince > Duration.ofMillis(1_200).toNanos());

    long published = System.nanoTime();
    publish("second");

    assertThat(waiting.get(10, TimeUnit.SECONDS)).isPresent();
    assertThat(Duration.ofNanos(System.nanoTime() - published)).isLessThan(Duration.ofSeconds(1));
  }

  private boolean isRefusedForCertain() {
    try {
      publish("never");
      return false;
    } catch (BusUnavailableException e) {
      return !e.outcomeUnknown();
    }
  }

  private boolean isHeard() {
    try (var connection = pool.getConnection();
        var statement = connection.createStatement();
        var result =
            statement.executeQuery(
                "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%listener_id%'"
                    + " AND pid <> pg_backend_pid()")) {
      result.next();
      return result.getInt(1) > 0;
    } catch (java.sql.SQLException e) {
      return false;
    }
  }
}
