package io.duckmesh.bus.postgres;

import io.duckmesh.bus.Position;
import io.duckmesh.bus.Segment;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The segments of a group of requests, laid out as the arrays of one statement. The statement is
 * the transaction: one round trip, and all of it or nothing.
 */
final class Publication {
  /**
   * Locks the shards in the order of their numbers, so that two processes never wait for each other
   * in a circle; advances their heads; inserts the segments behind; and notifies where the totals
   * have passed what a waiting claim asked for. The lateral join keeps payloads streaming: any
   * other plan copies them.
   */
  private static final String PUBLISH =
      """
      WITH wanted AS MATERIALIZED (
        SELECT w.shard_no, w.segments, w.row_count, w.size_bytes
        FROM unnest(?::int[], ?::bigint[], ?::bigint[], ?::bigint[])
          AS w (shard_no, segments, row_count, size_bytes)
      ), locked AS MATERIALIZED (
        SELECT s.shard_no
        FROM bus.shard s
        WHERE s.shard_no = ANY (?::int[])
        ORDER BY s.shard_no
        FOR NO KEY UPDATE
      ), advanced AS (
        UPDATE bus.shard s
        SET head = s.head + w.segments,
            appended_rows = s.appended_rows + w.row_count,
            appended_bytes = s.appended_bytes + w.size_bytes,
            part_bytes = s.part_bytes + w.size_bytes,
            published_at = greatest(s.published_at, clock_timestamp())
        FROM locked l
        JOIN wanted w ON w.shard_no = l.shard_no
        WHERE s.shard_no = l.shard_no
        RETURNING s.shard_no, s.part, s.part_bytes, s.head, s.published_at,
                  s.head - w.segments AS head_before,
                  s.appended_rows, s.appended_rows - w.row_count AS rows_before,
                  s.appended_bytes, s.appended_bytes - w.size_bytes AS bytes_before
      ), inserted AS (
        INSERT INTO bus.segment (part, position, row_count, size_bytes,
                                 rows_through, bytes_through, published_at, payload)
        SELECT a.part, a.head_before + d.ordinal, d.row_count, d.size_bytes,
               a.rows_before + d.rows_through, a.bytes_before + d.bytes_through,
               a.published_at, d.payload
        FROM (SELECT unnest(?::int[]) AS shard_no,
                     unnest(?::bigint[]) AS ordinal,
                     unnest(?::int[]) AS row_count,
                     unnest(?::int[]) AS size_bytes,
                     unnest(?::bigint[]) AS rows_through,
                     unnest(?::bigint[]) AS bytes_through,
                     unnest(?::bytea[]) AS payload) d
        CROSS JOIN LATERAL (SELECT * FROM advanced a WHERE a.shard_no = d.shard_no OFFSET 0) a
      )
      SELECT a.shard_no, a.head, a.part, a.part_bytes,
             (SELECT count(pg_notify('bus_shard', w.shard_no::text))
              FROM bus.waiter w
              WHERE w.shard_no = a.shard_no
                AND (w.wake_rows > a.rows_before AND w.wake_rows <= a.appended_rows
                     OR w.wake_bytes > a.bytes_before AND w.wake_bytes <= a.appended_bytes))
      FROM advanced a
      """;

  private final List<Appender.Request> requests;
  private final Map<Integer, Totals> shards;
  private final int[] shardNos;
  private final long[] ordinals;
  private final int[] rowCounts;
  private final int[] sizes;
  private final long[] rowsThrough;
  private final long[] bytesThrough;
  private final byte[][] payloads;

  private Publication(List<Appender.Request> requests, int segmentCount) {
    this.requests = requests;
    this.shards = new TreeMap<>();
    this.shardNos = new int[segmentCount];
    this.ordinals = new long[segmentCount];
    this.rowCounts = new int[segmentCount];
    this.sizes = new int[segmentCount];
    this.rowsThrough = new long[segmentCount];
    this.bytesThrough = new long[segmentCount];
    this.payloads = new byte[segmentCount][];
  }

  /** How far a shard has come by the publication. */
  record Advance(int shardNo, long head, int part, long partBytes) {}

  static Publication of(List<Appender.Request> requests) {
    int segmentCount = requests.stream().mapToInt(request -> request.segments().size()).sum();
    Publication publication = new Publication(requests, segmentCount);
    int index = 0;
    for (Appender.Request request : requests) {
      for (int i = 0; i < request.segments().size(); i++) {
        publication.add(index++, request.segments().get(i), request.shards().get(i).shardNo());
      }
    }
    return publication;
  }

  private void add(int index, Segment segment, int shardNo) {
    Totals totals = shards.computeIfAbsent(shardNo, no -> new Totals());
    totals.segments++;
    totals.rowCount += segment.rowCount();
    totals.sizeBytes += segment.payload().length;
    shardNos[index] = shardNo;
    ordinals[index] = totals.segments;
    rowCounts[index] = segment.rowCount();
    sizes[index] = segment.payload().length;
    rowsThrough[index] = totals.rowCount;
    bytesThrough[index] = totals.sizeBytes;
    payloads[index] = segment.payload();
  }

  /** Appends everything; committed when it returns. */
  List<Advance> execute(Connection connection) throws SQLException {
    int[] numbers = shards.keySet().stream().mapToInt(Integer::intValue).toArray();
    long[] segments = shards.values().stream().mapToLong(totals -> totals.segments).toArray();
    long[] rows = shards.values().stream().mapToLong(totals -> totals.rowCount).toArray();
    long[] bytes = shards.values().stream().mapToLong(totals -> totals.sizeBytes).toArray();
    Object[] arrays = {
      numbers,
      segments,
      rows,
      bytes,
      numbers,
      shardNos,
      ordinals,
      rowCounts,
      sizes,
      rowsThrough,
      bytesThrough,
      payloads
    };
    try (PreparedStatement statement = connection.prepareStatement(PUBLISH)) {
      for (int i = 0; i < arrays.length; i++) {
        statement.setObject(i + 1, arrays[i]);
      }
      try (ResultSet result = statement.executeQuery()) {
        List<Advance> advances = new ArrayList<>(shards.size());
        while (result.next()) {
          advances.add(
              new Advance(
                  result.getInt(1), result.getLong(2), result.getInt(3), result.getLong(4)));
        }
        return advances;
      }
    }
  }

  /** Tells every caller its positions. */
  void complete(List<Advance> advances) {
    if (advances.size() != shards.size()) {
      throw new IllegalStateException(
          "Published to %d of the shards %s".formatted(advances.size(), shards.keySet()));
    }
    for (Advance advance : advances) {
      Totals totals = shards.get(advance.shardNo());
      if (totals != null) {
        totals.before = advance.head() - totals.segments;
      }
    }
    int index = 0;
    for (Appender.Request request : requests) {
      List<Position> positions = new ArrayList<>(request.segments().size());
      for (int i = 0; i < request.segments().size(); i++) {
        Totals totals = shards.get(shardNos[index]);
        if (totals == null) {
          throw new IllegalStateException("Shard number is not known: " + shardNos[index]);
        }
        positions.add(new Position(totals.before + ordinals[index]));
        index++;
      }
      request.outcome().complete(List.copyOf(positions));
    }
  }

  private static final class Totals {
    long segments;
    long rowCount;
    long sizeBytes;
    long before = -1;
  }
}
