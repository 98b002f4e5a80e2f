package io.duckmesh.bus.postgres;

import io.duckmesh.bus.Position;
import io.duckmesh.bus.PublishedSegment;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.postgresql.PGStatement;

/**
 * Goes through a range of a shard in pages of some megabytes, one statement each: a slow reader
 * then holds neither a connection nor a snapshot, which would keep the hot rows of the log from
 * being cleaned.
 */
final class SegmentReader implements Iterator<PublishedSegment> {
  private static final long PAGE_BYTES = 8L << 20;

  private final Database database;
  private final Shard shard;
  private final long upTo;
  private final ArrayDeque<Integer> parts;
  private final ArrayDeque<PublishedSegment> page = new ArrayDeque<>();
  private long after;

  SegmentReader(Database database, Shard shard, long after, long upTo, List<Integer> parts) {
    this.database = database;
    this.shard = shard;
    this.after = after;
    this.upTo = upTo;
    this.parts = new ArrayDeque<>(parts);
  }

  @Override
  public boolean hasNext() {
    while (page.isEmpty() && !parts.isEmpty()) {
      int part = parts.element();
      page.addAll(
          database.query(
              "Cannot read shard " + shard.id(), handle -> readPage(handle.getConnection(), part)));
      if (page.isEmpty()) {
        parts.remove();
      } else {
        after = page.getLast().position().value();
        if (after == upTo) {
          parts.clear();
        }
      }
    }
    return !page.isEmpty();
  }

  @Override
  public PublishedSegment next() {
    if (!hasNext()) {
      throw new NoSuchElementException("Shard " + shard.id() + " is read up to " + upTo);
    }
    return page.remove();
  }

  private List<PublishedSegment> readPage(Connection connection, int part) throws SQLException {
    List<PublishedSegment> segments = new ArrayList<>();
    try (PreparedStatement statement = connection.prepareStatement(Partitions.readPage(part))) {
      // Binary from the first time on: as text a payload is twice as long and four times as slow.
      statement.unwrap(PGStatement.class).setPrepareThreshold(-1);
      statement.setLong(1, after);
      statement.setLong(2, upTo);
      statement.setInt(3, shard.shardNo());
      statement.setLong(4, PAGE_BYTES);
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          segments.add(
              new PublishedSegment(
                  shard.id(),
                  new Position(rows.getLong(1)),
                  rows.getInt(2),
                  rows.getObject(3, OffsetDateTime.class).toInstant(),
                  rows.getBytes(4)));
        }
      }
    }
    return segments;
  }
}
