package io.duckmesh.bus.postgres;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.duckmesh.bus.Batch;
import io.duckmesh.bus.BatchLimits;
import io.duckmesh.bus.BusOptions;
import io.duckmesh.bus.ConsumerId;
import io.duckmesh.bus.EventBus;
import io.duckmesh.bus.Position;
import io.duckmesh.bus.PublishedSegment;
import io.duckmesh.bus.Segment;
import io.duckmesh.bus.ShardId;
import io.duckmesh.testing.PostgresServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import javax.sql.DataSource;

/** Measures publishing, reading and waking by hand; a run takes about half a minute. */
public final class PublishBench {
  private static final Duration WARM_UP = Duration.ofSeconds(2);
  private static final Duration RUN = Duration.ofSeconds(4);

  private PublishBench() {}

  public static void main(String[] arguments) throws Exception {
    try (PostgresServer server = PostgresServer.start()) {
      DataSource database = server.newDatabase();
      PostgresBus.migrate(database);
      HikariConfig config = new HikariConfig();
      config.setDataSource(database);
      config.setMaximumPoolSize(4);
      try (HikariDataSource pool = new HikariDataSource(config);
          EventBus bus =
              PostgresBus.create(
                  pool, database, BusOptions.DEFAULTS.withBacklogLimitBytes(64L << 30))) {
        List<ShardId> shards = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
          shards.add(new ShardId("bench-" + i));
          bus.ensureShard(shards.get(i), "bench");
        }
        publish(bus, shards.subList(0, 1), 64, 300, WARM_UP);
        print("1 shard, 64 publishers, 300 B", publish(bus, shards.subList(0, 1), 64, 300, RUN));
        print("4 shards, 64 publishers, 300 B", publish(bus, shards, 64, 300, RUN));
        print("1 shard, 8 publishers, 300 B", publish(bus, shards.subList(0, 1), 8, 300, RUN));
        print("1 shard, 1 publisher, 300 B", publish(bus, shards.subList(0, 1), 1, 300, RUN));
        print(
            "1 shard, 16 publishers, 256 KiB",
            publish(bus, shards.subList(0, 1), 16, 256 << 10, RUN));
        read(bus, shards.getFirst());
        wake(bus, shards.get(1));
      }
    }
  }

  private record Result(int publishers, int sizeBytes, double seconds, long[] nanos) {}

  private static Result publish(
      EventBus bus, List<ShardId> shards, int publishers, int sizeBytes, Duration time)
      throws Exception {
    byte[] payload = new byte[sizeBytes];
    new Random(1).nextBytes(payload);
    long started = System.nanoTime();
    List<Future<List<Long>>> runs = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int p = 0; p < publishers; p++) {
        ShardId shard = shards.get(p % shards.size());
        runs.add(
            threads.submit(
                () -> {
                  List<Long> nanos = new ArrayList<>();
                  while (System.nanoTime() - started < time.toNanos()) {
                    long before = System.nanoTime();
                    bus.publish(List.of(new Segment(shard, 1, payload)));
                    nanos.add(System.nanoTime() - before);
                  }
                  return nanos;
                }));
      }
    }
    double seconds = (System.nanoTime() - started) / 1e9;
    List<Long> all = new ArrayList<>();
    for (Future<List<Long>> run : runs) {
      all.addAll(run.get());
    }
    return new Result(
        publishers, sizeBytes, seconds, all.stream().mapToLong(Long::longValue).toArray());
  }

  private static void print(String what, Result result) {
    long[] sorted = result.nanos().clone();
    Arrays.sort(sorted);
    System.out.printf(
        "%-34s %,9.0f segments/s %8.1f MB/s  p50 %6.2f ms  p99 %6.2f ms%n",
        what,
        sorted.length / result.seconds(),
        sorted.length / result.seconds() * result.sizeBytes() / 1e6,
        sorted[sorted.length / 2] / 1e6,
        sorted[sorted.length * 99 / 100] / 1e6);
  }

  private static void read(EventBus bus, ShardId shard) {
    long started = System.nanoTime();
    long sizeBytes = 0;
    Position head = bus.head(shard);
    try (Stream<PublishedSegment> segments = bus.read(shard, Position.START, head)) {
      sizeBytes = segments.mapToLong(segment -> segment.payload().length).sum();
    }
    double seconds = (System.nanoTime() - started) / 1e9;
    System.out.printf(
        "%-34s %,9.0f segments/s %8.1f MB/s%n",
        "read all of it", head.value() / seconds, sizeBytes / seconds / 1e6);
  }

  /** From publish and flush request to the claimed batch, with a claim that waits. */
  private static void wake(EventBus bus, ShardId shard) throws Exception {
    BatchLimits limits = BatchLimits.DEFAULTS;
    bus.ack(shard, bus.head(shard));
    long[] nanos = new long[200];
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < nanos.length; i++) {
        Future<Batch> waiting =
            threads.submit(
                () ->
                    bus.claimBatch(shard, new ConsumerId("bench"), limits, Duration.ofMinutes(1))
                        .orElseThrow());
        long before = System.nanoTime();
        bus.requestFlush(
            shard, bus.publish(List.of(new Segment(shard, 1, new byte[300]))).getFirst());
        Batch batch = waiting.get();
        nanos[i] = System.nanoTime() - before;
        bus.ack(shard, batch.upTo());
      }
    }
    Arrays.sort(nanos);
    System.out.printf(
        "%-34s p50 %6.2f ms  p99 %6.2f ms%n",
        "publish, flush, claimed", nanos[nanos.length / 2] / 1e6, nanos[197] / 1e6);
  }
}
