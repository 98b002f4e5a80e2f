package io.duckmesh.catalog.postgres;

import io.duckmesh.catalog.LandedSegment;
import io.duckmesh.catalog.ShardId;
import io.duckmesh.catalog.Watermark;
import io.duckmesh.catalog.Watermarks;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

final class JdbiWatermarks implements Watermarks {
  private static final Duration LONGEST_TIMEOUT = Duration.ofDays(365);

  private final Database database;
  private final WatermarkCache cache;

  JdbiWatermarks(Database database, WatermarkCache cache) {
    this.database = database;
    this.cache = cache;
  }

  @Override
  public List<Watermark> list() {
    return database.call("list watermarks", WatermarkDao.class, WatermarkDao::list);
  }

  @Override
  public Watermark load(ShardId shard) {
    return database
        .call(
            "load the watermark of shard " + shard,
            WatermarkDao.class,
            dao -> dao.find(shard.value()))
        .orElseThrow(() -> new IllegalArgumentException("Shard does not exist: " + shard));
  }

  @Override
  public boolean await(Map<ShardId, Long> positions, Duration timeout) throws InterruptedException {
    long deadline = System.nanoTime() + nanos(timeout);
    // One after the other is enough, because watermarks only increase.
    for (Map.Entry<ShardId, Long> entry : positions.entrySet()) {
      ShardId shard = entry.getKey();
      if (!cache.knows(shard)) {
        cache.advance(shard, load(shard).position());
      }
      if (!cache.await(shard, entry.getValue(), deadline)) {
        return !cache.isClosed() && landedByNow(positions);
      }
    }
    return true;
  }

  @Override
  public long awaitAdvance(long seen, Duration timeout) throws InterruptedException {
    return cache.awaitAdvance(seen, System.nanoTime() + nanos(timeout));
  }

  /** Asks the catalog itself: what this process has heard may be late. */
  private boolean landedByNow(Map<ShardId, Long> positions) {
    String[] shards = positions.keySet().stream().map(ShardId::value).toArray(String[]::new);
    database
        .call("load watermarks", WatermarkDao.class, dao -> dao.listOf(shards))
        .forEach(watermark -> cache.advance(watermark.shard(), watermark.position()));
    return positions.entrySet().stream()
        .allMatch(entry -> cache.position(entry.getKey()) >= entry.getValue());
  }

  private static long nanos(Duration timeout) {
    if (timeout.isNegative()) {
      return 0;
    }
    return (timeout.compareTo(LONGEST_TIMEOUT) > 0 ? LONGEST_TIMEOUT : timeout).toNanos();
  }

  @Override
  public Optional<LandedSegment> findLanded(ShardId shard, long position) {
    return database.call(
        "find position " + position + " of shard " + shard,
        WatermarkDao.class,
        dao -> dao.findLanded(shard.value(), position));
  }
}
