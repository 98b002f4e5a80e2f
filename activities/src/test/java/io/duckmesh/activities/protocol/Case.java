package io.duckmesh.activities.protocol;

import io.duckmesh.catalog.ColumnDefinition;
import io.duckmesh.engine.rows.RowBatch;
import io.duckmesh.engine.schema.ArrowSchemas;
import io.duckmesh.engine.schema.Column;
import io.duckmesh.engine.schema.RowSchema;
import io.duckmesh.engine.schema.TypeParser;
import io.duckmesh.engine.segment.KeyHash;
import io.duckmesh.engine.segment.KeyHashes;
import io.duckmesh.engine.segment.SegmentCodec;
import io.duckmesh.engine.segment.SegmentHeader;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.jspecify.annotations.Nullable;

/**
 * A small case: who sends what, who lands it, and how much may go wrong in one history.
 *
 * @param writers the requests of each client, in order
 * @param workers for each worker, the number of its shard
 * @param faults how many faults one history may have, not counting leases that end
 * @param kinds the faults that may happen
 * @param expiries how often leases may end while their holders live; a lease that nobody holds any
 *     more ends whenever nothing else can happen
 */
record Case(
    String name,
    int shards,
    List<List<Request>> writers,
    List<Integer> workers,
    int faults,
    Set<Fault> kinds,
    int expiries) {
  static final UUID TABLE = new UUID(1, 1);
  static final List<ColumnDefinition> COLUMNS =
      List.of(new ColumnDefinition(1, "id", "BIGINT", false, null));

  Case {
    writers = writers.stream().map(List::copyOf).toList();
    workers = List.copyOf(workers);
    kinds = Set.copyOf(kinds);
  }

  /** What may go wrong, besides a lease that ends. */
  enum Fault {
    /** A worker dies between two of its calls; the step is tried again from its beginning. */
    CRASH,
    /** A worker dies and its run with it; a new run begins with a claim. */
    RESTART,
    /** A step is believed dead and tried again, while the first attempt lives on. */
    TIMEOUT,
    /** A call takes effect and its caller is not told. */
    LOST_ANSWER,
    /** A call fails and has no effect. */
    REFUSED;

    static final Set<Fault> ALL = EnumSet.allOf(Fault.class);
  }

  /** An event with the row's id and perhaps an event key. */
  record Event(long id, @Nullable String key) {}

  /** What a request brings to one shard: one segment. */
  record Part(int shard, boolean corrupt, List<Event> events) {
    Part {
      events = List.copyOf(events);
    }
  }

  /** What a client sends at once, and again while it has no answer. */
  record Request(String name, @Nullable String key, List<Part> parts) {
    Request {
      parts = List.copyOf(parts);
    }

    /** Whether sending it again adds nothing; otherwise a client that is unsure gives up. */
    boolean repeatable() {
      return key != null
          || parts.stream()
              .flatMap(part -> part.events().stream())
              .allMatch(event -> event.key() != null);
    }
  }

  static Event event(long id) {
    return new Event(id, null);
  }

  static Event event(long id, String key) {
    return new Event(id, key);
  }

  static Part part(int shard, Event... events) {
    return new Part(shard, false, Arrays.asList(events));
  }

  /** A request without a key, for the first shard. */
  static Request request(String name, Event... events) {
    return new Request(name, null, List.of(part(0, events)));
  }

  /** A request with a key, for the first shard. */
  static Request keyed(String name, String key, Event... events) {
    return new Request(name, key, List.of(part(0, events)));
  }

  /** A request whose bytes are damaged in the log. */
  static Request corrupt(String name, Event... events) {
    return new Request(name, null, List.of(new Part(0, true, Arrays.asList(events))));
  }

  Case withFaults(int faults, Fault... kinds) {
    return new Case(
        name, shards, writers, workers, faults, Set.copyOf(Arrays.asList(kinds)), expiries);
  }

  Case withExpiries(int expiries) {
    return new Case(name, shards, writers, workers, faults, kinds, expiries);
  }

  /** The event key of each row id that has one. */
  Map<Long, String> eventKeys() {
    Map<Long, String> keys = new HashMap<>();
    for (List<Request> requests : writers) {
      for (Request request : requests) {
        for (Part part : request.parts()) {
          part.events().stream()
              .filter(event -> event.key() != null)
              .forEach(event -> keys.put(event.id(), event.key()));
        }
      }
    }
    return keys;
  }

  /** The bytes of a part, the same array each time. */
  static byte[] payload(@Nullable String requestKey, Part part) {
    return PAYLOADS.computeIfAbsent(new PayloadOf(requestKey, part), Case::encode);
  }

  private record PayloadOf(@Nullable String requestKey, Part part) {}

  private static final Map<PayloadOf, byte[]> PAYLOADS =
      new java.util.concurrent.ConcurrentHashMap<>();

  private static byte[] encode(PayloadOf key) {
    List<Event> events = key.part().events();
    RowSchema schema =
        new RowSchema(1, List.of(new Column(1, "id", TypeParser.parse("BIGINT"), false, null)));
    boolean eventKeys = events.stream().allMatch(event -> event.key() != null);
    List<KeyHash> hashes =
        eventKeys
            ? events.stream().map(event -> KeyHashes.eventKey(List.of(event.key()))).toList()
            : null;
    try (RootAllocator allocator = new RootAllocator()) {
      VectorSchemaRoot root = VectorSchemaRoot.create(ArrowSchemas.toArrow(schema), allocator);
      BigIntVector id = (BigIntVector) root.getVector("id");
      for (int row = 0; row < events.size(); row++) {
        id.setSafe(row, events.get(row).id());
      }
      root.setRowCount(events.size());
      try (RowBatch rows = new RowBatch(schema, root, hashes)) {
        byte[] payload =
            SegmentCodec.encode(
                new SegmentHeader(
                    TABLE,
                    1,
                    events.size(),
                    key.requestKey() == null ? null : KeyHashes.requestKey(key.requestKey(), 0),
                    eventKeys),
                rows);
        if (key.part().corrupt()) {
          payload[payload.length - 1] ^= 1;
        }
        return payload;
      }
    }
  }
}
