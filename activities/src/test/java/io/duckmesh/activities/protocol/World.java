package io.duckmesh.activities.protocol;

import static io.duckmesh.activities.protocol.Answer.Trouble.CONFLICT;
import static io.duckmesh.activities.protocol.Answer.Trouble.LEASE_LOST;
import static io.duckmesh.activities.protocol.Answer.Trouble.MISUSE;

import io.duckmesh.activities.protocol.Answer.Rows;
import io.duckmesh.activities.protocol.Answer.Thrown;
import io.duckmesh.activities.protocol.Answer.Trouble;
import io.duckmesh.activities.protocol.Answer.Value;
import io.duckmesh.activities.protocol.Case.Part;
import io.duckmesh.activities.protocol.Case.Request;
import io.duckmesh.activities.protocol.StepCode.Call;
import io.duckmesh.bus.Batch;
import io.duckmesh.bus.BatchId;
import io.duckmesh.bus.BatchLimits;
import io.duckmesh.bus.BusOptions;
import io.duckmesh.bus.ConsumerId;
import io.duckmesh.bus.EventBus;
import io.duckmesh.bus.LeaseLostException;
import io.duckmesh.bus.Position;
import io.duckmesh.bus.PublishedSegment;
import io.duckmesh.bus.QuarantinedSegment;
import io.duckmesh.bus.Segment;
import io.duckmesh.bus.ShardId;
import io.duckmesh.bus.ShardStatus;
import io.duckmesh.bus.memory.MemoryBus;
import io.duckmesh.bus.memory.Waiting;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.Commit;
import io.duckmesh.catalog.CommitConflictException;
import io.duckmesh.catalog.DataFile;
import io.duckmesh.catalog.KeyHash;
import io.duckmesh.catalog.LandedSegment;
import io.duckmesh.catalog.PreparedWrite;
import io.duckmesh.catalog.RequestClaim;
import io.duckmesh.catalog.SettableClock;
import io.duckmesh.catalog.Snapshot;
import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.TableCounts;
import io.duckmesh.catalog.TableDraft;
import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.TableSettings;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.Watermark;
import io.duckmesh.catalog.WriteId;
import io.duckmesh.catalog.memory.InMemoryCatalogStore;
import io.duckmesh.engine.objects.ObjectKey;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One log, one catalog and one object store in memory, with what a history has done to them.
 *
 * <p>Steps know claims, writes and objects by names that say no more than whose they are: the claim
 * at hand is always 1, the first write of an attempt is 1. They are translated here. So two
 * attempts that have seen the same are in the same state, however many went before them.
 */
final class World {
  static final TenantId TENANT = new TenantId("lake");
  static final TableId TABLE = new TableId(Case.TABLE);
  private static final Instant START = Instant.parse("2026-03-01T12:00:00Z");
  private static final BatchLimits LIMITS =
      BatchLimits.DEFAULTS.withLinger(Duration.ZERO).withMaxWait(Duration.ZERO);

  /** Every segment ends a partition, so space of what is acknowledged is freed at once. */
  private static final BusOptions OPTIONS = BusOptions.DEFAULTS.withPartitionBytes(1);

  private final Case small;
  private final boolean keysInSegments;
  private final SettableClock clock = new SettableClock(START);
  private final EventBus bus;
  private final @Nullable FlawedBus flawedBus;
  private final @Nullable FlawedCatalog flawedCatalog;
  private final List<Catalog> catalogs = new ArrayList<>();
  private final Map<String, List<Long>> objects = new HashMap<>();
  private final Set<String> registered = new HashSet<>();
  private final Map<Long, Character> writes = new HashMap<>();
  private final Map<Long, String> contents = new HashMap<>();
  private final List<TreeMap<Long, Part>> log = new ArrayList<>();
  private final Map<Long, String> requestOf = new HashMap<>();
  private final Map<String, String> requests = new TreeMap<>();
  private final List<Effect> effects = new ArrayList<>();

  /** Something that changes the world, always in the same way. */
  interface Effect {
    Answer apply(World world);
  }

  /** What names of an attempt mean. */
  static final class Names {
    final int worker;
    final String consumer;
    long claim;
    final List<Long> writes;

    Names(int worker, String consumer, long claim, List<Long> writes) {
      this.worker = worker;
      this.consumer = consumer;
      this.claim = claim;
      this.writes = new ArrayList<>(writes);
    }

    private WriteId write(WriteId name) {
      return new WriteId(writes.get(Math.toIntExact(name.value() - 1)));
    }

    private String object(String name) {
      String file = name.substring(name.lastIndexOf('/') + 1);
      long write = Long.parseLong(file.substring(0, file.indexOf('-')));
      return write(new WriteId(write)) + ":" + name;
    }
  }

  World(Case small, Set<Flaw> flaws) {
    this.small = small;
    this.keysInSegments = !flaws.contains(Flaw.REQUEST_KEYS_ONLY_AT_GATEWAYS);
    InMemoryCatalogStore store = new InMemoryCatalogStore();
    flawedCatalog = flaws.isEmpty() ? null : new FlawedCatalog(store.open(clock), flaws);
    flawedBus = flaws.contains(Flaw.POSITIONS_FROM_A_SEQUENCE) ? new FlawedBus(clock) : null;
    bus = flawedBus == null ? new MemoryBus(clock, OPTIONS, Waiting.none()) : flawedBus;
    // The second worker's clock is an hour late.
    for (Clock own : List.of(clock, Clock.offset(clock, Duration.ofHours(-1)))) {
      catalogs.add(flawedCatalog == null ? store.open(own) : flawedCatalog.withClock(own));
    }
    Catalog catalog = catalogs.getFirst();
    catalog.tenants().ensure(TENANT, small.shards());
    for (int number = 0; number < small.shards(); number++) {
      bus.ensureShard(shard(number), TENANT.value());
      log.add(new TreeMap<>());
    }
    catalog
        .tables()
        .create(
            TENANT,
            new TableDraft(
                "events",
                Case.COLUMNS,
                List.of(),
                List.of(),
                TableSettings.DEFAULTS.withShards(small.shards())));
    if (flawedCatalog != null) {
      flawedCatalog.start();
    }
  }

  static ShardId shard(int number) {
    return new ShardId(TENANT + "-" + number);
  }

  private static io.duckmesh.catalog.ShardId catalogShard(int number) {
    return new io.duckmesh.catalog.ShardId(shard(number).value());
  }

  /** Does again what another world has done. */
  void replay(List<Effect> done) {
    done.forEach(effect -> effect.apply(this));
  }

  /** What was done since the replay. */
  List<Effect> effects() {
    return List.copyOf(effects);
  }

  private Answer change(Effect effect) {
    Answer answer = effect.apply(this);
    effects.add(effect);
    return answer;
  }

  // What clients do.

  /** The receipt of an earlier request of that key, if there is one. */
  Optional<String> claimRequestKey(Request request) {
    RequestClaim claim = catalogs.getFirst().requestKeys().claim(TABLE, request.key(), hash());
    change(
        world -> {
          world.catalogs.getFirst().requestKeys().claim(TABLE, request.key(), hash());
          world.requests.putIfAbsent(request.key(), "");
          return Answer.DONE;
        });
    return Optional.ofNullable(claim.receiptId());
  }

  /** Records the receipt; the first one stays. */
  String completeRequestKey(Request request, String receipt) {
    Answer answer =
        change(
            world -> {
              String first =
                  world.catalogs.getFirst().requestKeys().complete(TABLE, request.key(), receipt);
              world.requests.put(request.key(), first);
              return new Value(first);
            });
    return (String) answer.deliver();
  }

  private static KeyHash hash() {
    return new KeyHash(7, 7);
  }

  /** Takes positions that a later publication will use; only where the log is flawed. */
  void takePositions(int writer, Request request) {
    change(
        world -> {
          world.flawedBus.takePositions(writer, world.segments(request));
          return Answer.DONE;
        });
  }

  /** Publishes the segments of the request; the receipt. */
  String publish(int writer, Request request) {
    Answer answer =
        change(
            world -> {
              List<Segment> segments = world.segments(request);
              List<Position> positions =
                  world.flawedBus == null
                      ? world.bus.publish(segments)
                      : world.flawedBus.publishTaken(writer, segments);
              StringBuilder receipt = new StringBuilder();
              for (int i = 0; i < positions.size(); i++) {
                Part part = request.parts().get(i);
                long position = positions.get(i).value();
                world.log.get(part.shard()).put(position, part);
                world.requestOf.put(
                    part.shard() * 1000L + position, request.key() == null ? "" : request.key());
                receipt.append(part.shard()).append(':').append(position).append(' ');
              }
              return new Value(receipt.toString());
            });
    return (String) answer.deliver();
  }

  private List<Segment> segments(Request request) {
    return request.parts().stream()
        .map(
            part ->
                new Segment(
                    shard(part.shard()),
                    part.events().size(),
                    Case.payload(keysInSegments ? request.key() : null, part)))
        .toList();
  }

  /** Lets so much time pass that every lease ends. */
  void endLeases() {
    change(
        world -> {
          world.clock.advance(StepCode.LEASE);
          return Answer.DONE;
        });
  }

  // What steps do.

  /** Does what the step asks for. */
  Answer perform(Call call, Names names) {
    try {
      return performOrThrow(call, names);
    } catch (CommitConflictException e) {
      return new Thrown(CONFLICT);
    } catch (LeaseLostException e) {
      return new Thrown(LEASE_LOST);
    } catch (IllegalArgumentException | IllegalStateException e) {
      return new Thrown(MISUSE);
    }
  }

  private Answer performOrThrow(Call call, Names names) {
    int worker = names.worker % catalogs.size();
    Catalog catalog = catalogs.get(worker);
    return switch (call.name()) {
      case "EventBus.status" -> {
        // Steps have no use for more than this.
        Position acked = bus.status(call.argument(0)).acked();
        yield new Value(
            new ShardStatus(call.argument(0), TENANT.value(), acked, acked, 0, 0, 0, null, null));
      }
      case "EventBus.claimBatch" -> claim(call.argument(0), names);
      case "EventBus.ack" ->
          change(
              world -> {
                world.bus.ack(call.argument(0), call.argument(1));
                world.bus.reclaim();
                return Answer.DONE;
              });
      case "EventBus.nack" -> {
        BatchId batch = batch(call.argument(0), names);
        yield change(
            world -> {
              try {
                world.bus.nack(batch, call.argument(1));
                return Answer.DONE;
              } catch (LeaseLostException e) {
                return new Thrown(LEASE_LOST);
              }
            });
      }
      case "EventBus.extendLease" -> {
        BatchId batch = batch(call.argument(0), names);
        yield change(
            world -> {
              try {
                world.bus.extendLease(batch, StepCode.LEASE);
                return Answer.DONE;
              } catch (LeaseLostException e) {
                return new Thrown(LEASE_LOST);
              }
            });
      }
      case "EventBus.release" -> {
        BatchId batch = batch(call.argument(0), names);
        yield change(
            world -> {
              world.bus.release(batch);
              return Answer.DONE;
            });
      }
      case "EventBus.read" -> {
        try (Stream<PublishedSegment> segments =
            bus.read(call.argument(0), call.argument(1), call.argument(2))) {
          yield new Rows(segments.map(World::withoutTime).toList());
        }
      }
      case "EventBus.heldBack" -> {
        try (Stream<QuarantinedSegment> segments =
            bus.heldBack(call.argument(0), call.argument(1), call.argument(2))) {
          yield new Rows(
              segments
                  .map(
                      found ->
                          new QuarantinedSegment(
                              withoutTime(found.segment()), found.reason(), Instant.EPOCH))
                  .toList());
        }
      }
      case "Watermarks.load" -> {
        Watermark found = catalog.watermarks().load(call.argument(0));
        yield new Value(new Watermark(found.shard(), TENANT, found.position(), new SnapshotId(0)));
      }
      case "Tables.find" -> new Value(catalog.tables().find((TableId) call.argument(0)));
      case "Writes.begin" -> begin(call, worker, names);
      case "Writes.findLanded" ->
          new Value(catalog.writes().findLanded(call.argument(0), keys(call, 1)));
      case "Writes.registerPending" -> {
        WriteId write = names.write(call.argument(0));
        List<String> keys = call.<List<String>>argument(2).stream().map(names::object).toList();
        yield change(
            world -> {
              world.writes(worker).registerPending(write, call.argument(1), keys);
              world.registered.addAll(keys);
              return Answer.DONE;
            });
      }
      case "Writes.recordKeys" -> {
        WriteId write = names.write(call.argument(0));
        yield change(
            world -> {
              world.writes(worker).recordKeys(write, call.argument(1), keys(call, 2));
              world.contents.merge(write.value(), keys(call, 2).toString(), String::concat);
              return Answer.DONE;
            });
      }
      case "Writes.prepare" -> {
        WriteId write = names.write(call.argument(0));
        PreparedWrite asked = call.argument(1);
        PreparedWrite prepared = real(asked, names);
        String rows =
            asked.files().stream().map(DataFile::contentHash).toList()
                + asked.counts().toString()
                + asked.outcomes();
        yield change(
            world -> {
              world.writes(worker).prepare(write, prepared);
              world.writes.put(write.value(), 'p');
              world.contents.merge(write.value(), rows, String::concat);
              return Answer.DONE;
            });
      }
      case "Writes.commit" -> commit(call.argument(0), worker, names);
      case "Writes.abandon" -> {
        WriteId write = names.write(call.argument(0));
        yield change(
            world -> {
              world.writes(worker).abandon(write);
              world.writes.computeIfPresent(write.value(), (id, state) -> state == 'c' ? 'c' : 'x');
              return Answer.DONE;
            });
      }
      case "ObjectWriter.publish" -> {
        String key = names.object(call.<ObjectKey>argument(0).value());
        List<Long> ids =
            Arrays.stream(call.<String>argument(1).split(",")).map(Long::valueOf).toList();
        yield change(
            world ->
                world.objects.putIfAbsent(key, ids) == null
                    ? Answer.DONE
                    : new Thrown(Trouble.OBJECT_EXISTS));
      }
      case "ObjectStore.delete" -> {
        List<String> keys =
            call.<Collection<ObjectKey>>argument(0).stream()
                .map(key -> names.object(key.value()))
                .toList();
        yield change(
            world -> {
              keys.forEach(world.objects::remove);
              return Answer.DONE;
            });
      }
      case "Seconds.takeSnapshotId" -> second(call, names, FlawedCatalog::takeSnapshotId);
      case "Seconds.moveWatermark" -> second(call, names, FlawedCatalog::moveWatermark);
      case "Seconds.recordKeys" -> second(call, names, FlawedCatalog::makeKeysCount);
      default -> throw new AssertionError("Steps make a call that nobody knows: " + call);
    };
  }

  private interface Second {
    void of(FlawedCatalog catalog, WriteId write);
  }

  private Answer second(Call call, Names names, Second second) {
    WriteId write = names.write(new WriteId(call.<Long>argument(0)));
    return change(
        world -> {
          second.of(world.flawedCatalog, write);
          return Answer.DONE;
        });
  }

  private io.duckmesh.catalog.Writes writes(int worker) {
    return catalogs.get(worker).writes();
  }

  private Answer claim(ShardId shard, Names names) {
    ConsumerId consumer = new ConsumerId(names.consumer);
    Batch[] claimed = new Batch[1];
    Answer answer =
        change(
            world -> {
              try {
                Optional<Batch> batch =
                    world.bus.claimBatch(shard, consumer, LIMITS, StepCode.LEASE);
                claimed[0] = batch.orElse(null);
                return batch.isPresent() ? Answer.DONE : new Answer.Blocked();
              } catch (InterruptedException e) {
                throw new IllegalStateException("Nothing is waited for", e);
              }
            });
    Batch batch = claimed[0];
    if (batch == null) {
      // Waiting changes nothing.
      effects.removeLast();
      return answer;
    }
    names.claim = batch.id().claim();
    return new Value(
        Optional.of(
            new Batch(
                new BatchId(shard, 1),
                batch.after(),
                batch.upTo(),
                batch.segmentCount(),
                batch.rowCount(),
                batch.sizeBytes(),
                Instant.EPOCH)));
  }

  private Answer begin(Call call, int worker, Names names) {
    long[] begun = new long[1];
    Answer answer =
        change(
            world -> {
              try {
                WriteId write =
                    world
                        .writes(worker)
                        .begin(
                            call.argument(0),
                            call.<Long>argument(1),
                            call.<Long>argument(2),
                            names.consumer);
                begun[0] = write.value();
                world.writes.put(write.value(), 'o');
                return Answer.DONE;
              } catch (CommitConflictException e) {
                return new Thrown(CONFLICT);
              }
            });
    if (begun[0] == 0) {
      return answer;
    }
    names.writes.add(begun[0]);
    return new Value(new WriteId(names.writes.size()));
  }

  private Answer commit(WriteId name, int worker, Names names) {
    WriteId write = names.write(name);
    Commit[] committed = new Commit[1];
    Answer answer =
        change(
            world -> {
              // So that the times of snapshots could tell themselves apart.
              world.clock.advance(Duration.ofMillis(1));
              try {
                committed[0] = world.writes(worker).commit(write);
                world.writes.put(write.value(), 'c');
                return Answer.DONE;
              } catch (CommitConflictException e) {
                world.writes.put(write.value(), 'x');
                return new Thrown(CONFLICT);
              }
            });
    Commit commit = committed[0];
    if (commit == null) {
      return answer;
    }
    Snapshot snapshot = commit.snapshot();
    return new Value(
        new Commit(
            name,
            new Snapshot(TENANT, snapshot.id(), Instant.EPOCH, snapshot.operation()),
            commit.watermark(),
            commit.visible(),
            commit.duplicates(),
            commit.quarantined()));
  }

  private static BatchId batch(BatchId name, Names names) {
    return new BatchId(name.shard(), Math.max(1, names.claim));
  }

  private static PreparedWrite real(PreparedWrite prepared, Names names) {
    return new PreparedWrite(
        prepared.files().stream()
            .map(
                file ->
                    new DataFile(
                        file.table(),
                        names.object(file.objectKey()),
                        file.schemaVersion(),
                        file.rowCount(),
                        file.sizeBytes(),
                        file.contentHash(),
                        file.statistics()))
            .toList(),
        prepared.counts(),
        prepared.outcomes());
  }

  private static Collection<KeyHash> keys(Call call, int argument) {
    return call.argument(argument);
  }

  private static PublishedSegment withoutTime(PublishedSegment segment) {
    return new PublishedSegment(
        segment.shard(), segment.position(), segment.rowCount(), Instant.EPOCH, segment.payload());
  }

  // What can be seen.

  /** A snapshot as a reader finds it. */
  record Seen(long id, Instant at, List<Long> rows, boolean filesAreRight) {}

  /** Where a shard stands. */
  record Standing(long head, long acked, long watermark, long liveClaim) {}

  /** Everything that readers can see at one moment. */
  record View(List<Standing> shards, List<Seen> snapshots, TableCounts counts) {
    Seen newest() {
      return snapshots.getLast();
    }
  }

  View view() {
    Catalog catalog = catalogs.getFirst();
    List<Seen> snapshots = new ArrayList<>();
    for (Snapshot snapshot : catalog.snapshots().list(TENANT, null, 1000).reversed()) {
      if (snapshot.id().value() > 1) {
        snapshots.add(see(catalog, snapshot));
      }
    }
    List<Standing> shards = new ArrayList<>();
    for (int number = 0; number < small.shards(); number++) {
      ShardStatus status = bus.status(shard(number));
      shards.add(
          new Standing(
              status.head().value(),
              status.acked().value(),
              catalog.watermarks().load(catalogShard(number)).position(),
              status.lease() == null ? 0 : status.lease().batch().claim()));
    }
    return new View(shards, snapshots, catalog.tables().counts(TABLE));
  }

  private Seen see(Catalog catalog, Snapshot snapshot) {
    List<Long> rows = new ArrayList<>();
    boolean right = true;
    List<DataFile> files = catalog.snapshots().manifest(TENANT, snapshot.id(), "events").files();
    for (DataFile file : files) {
      List<Long> found = objects.get(file.objectKey());
      right &=
          found != null && registered.contains(file.objectKey()) && found.size() == file.rowCount();
      if (found != null) {
        rows.addAll(found);
      }
    }
    return new Seen(snapshot.id().value(), snapshot.committedAt(), rows, right);
  }

  /** The segments of a shard, as clients were told. */
  TreeMap<Long, Part> log(int shard) {
    return log.get(shard);
  }

  /** The request key of the segment, empty if it has none. */
  String requestKey(int shard, long position) {
    return requestOf.getOrDefault(shard * 1000L + position, "");
  }

  Optional<LandedSegment> landed(int shard, long position) {
    return catalogs.getFirst().watermarks().findLanded(catalogShard(shard), position);
  }

  /** Writes the shared state without numbers and times that nothing depends on. */
  void describe(View view, StringBuilder text) {
    for (int number = 0; number < small.shards(); number++) {
      Standing standing = view.shards().get(number);
      text.append('|').append(standing.acked()).append(',').append(standing.watermark());
      for (Map.Entry<Long, Part> entry : log.get(number).entrySet()) {
        text.append(' ')
            .append(entry.getKey())
            .append('=')
            .append(requestKey(number, entry.getKey()));
        entry.getValue().events().forEach(event -> text.append('.').append(event.id()));
      }
      try (Stream<QuarantinedSegment> segments = bus.quarantined(shard(number))) {
        segments.forEach(segment -> text.append('q').append(segment.segment().position()));
      }
    }
    for (Seen seen : view.snapshots()) {
      text.append('s').append(seen.id()).append(seen.rows());
    }
    text.append(requests)
        .append(view.newest().at().compareTo(clock.instant()))
        .append(view.counts().visible())
        .append(',')
        .append(view.counts().duplicates());
    if (flawedCatalog != null) {
      flawedCatalog.describe(text);
    }
    if (flawedBus != null) {
      flawedBus.describe(text);
    }
  }

  /** The state of a write; what it holds counts until it is committed or over. */
  String describe(long write) {
    char state = writes.getOrDefault(write, '-');
    return state == 'c' || state == 'x'
        ? String.valueOf(state)
        : state + contents.getOrDefault(write, "");
  }
}
