package io.duckmesh.activities.protocol;

import io.duckmesh.activities.protocol.Case.Event;
import io.duckmesh.activities.protocol.Case.Part;
import io.duckmesh.activities.protocol.World.Seen;
import io.duckmesh.activities.protocol.World.Standing;
import io.duckmesh.activities.protocol.World.View;
import io.duckmesh.catalog.LandedSegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** Compares what readers see with what the log says they must see. */
final class Checks {
  private final Map<Long, String> eventKeys;

  Checks(Case small) {
    this.eventKeys = small.eventKeys();
  }

  record Violation(Invariant invariant, String what) {}

  /** Throws at the first thing that does not hold. */
  private static final class Broken extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final transient Violation violation;

    Broken(Invariant invariant, String what) {
      super(what);
      this.violation = new Violation(invariant, what);
    }
  }

  private static void require(boolean holds, Invariant invariant, String format, Object... values) {
    if (!holds) {
      throw new Broken(invariant, format.formatted(values));
    }
  }

  /**
   * Looks at a state.
   *
   * @param before what was seen before the last action
   * @param receipts the receipts that clients hold, each with the events of its request
   */
  Optional<Violation> check(View before, View now, World world, Map<String, List<Event>> receipts) {
    try {
      files(now);
      compare(before, now);
      inspect(now, world);
      receipts.forEach((receipt, events) -> token(receipt, events, now));
      return Optional.empty();
    } catch (Broken e) {
      return Optional.of(e.violation);
    }
  }

  /** Looks at a state in which nothing more can happen. */
  Optional<Violation> checkEnd(View now, World world, Map<String, List<Event>> receipts) {
    try {
      receipts.forEach(
          (receipt, events) ->
              require(
                  shown(now).containsAll(events.stream().map(this::identity).toList()),
                  Invariant.NOTHING_LOST,
                  "receipt [%s] was given for %s, in the end visible are %s",
                  receipt.strip(),
                  events,
                  now.newest().rows()));
      for (int shard = 0; shard < now.shards().size(); shard++) {
        Standing standing = now.shards().get(shard);
        long last = world.log(shard).isEmpty() ? 0 : world.log(shard).lastKey();
        require(
            standing.watermark() == last && standing.acked() == last,
            Invariant.ALL_LANDS,
            "shard %d ends at position %d, its watermark is %d, acknowledged is %d",
            shard,
            last,
            standing.watermark(),
            standing.acked());
      }
      return Optional.empty();
    } catch (Broken e) {
      return Optional.of(e.violation);
    }
  }

  private static void files(View now) {
    require(
        now.newest().filesAreRight(),
        Invariant.FILES_ARE_REGISTERED,
        "snapshot %d has a file that was not registered, or is not there",
        now.newest().id());
  }

  private static void compare(View before, View now) {
    for (int i = 0; i < now.shards().size(); i++) {
      long old = before.shards().get(i).watermark();
      long young = now.shards().get(i).watermark();
      require(
          young >= old,
          Invariant.WATERMARK_INCREASES,
          "the watermark of shard %d went from %d to %d",
          i,
          old,
          young);
    }
    List<Seen> old = before.snapshots();
    Map<Long, Seen> young = new HashMap<>();
    now.snapshots().forEach(seen -> young.put(seen.id(), seen));
    for (Seen was : old) {
      Seen is = young.remove(was.id());
      require(
          is != null && is.at().equals(was.at()) && is.rows().equals(was.rows()),
          Invariant.SNAPSHOTS_ARE_FIXED,
          "snapshot %d answered %s and now answers %s",
          was.id(),
          was.rows(),
          is == null ? "nothing" : is.rows());
    }
    Seen newest = before.newest();
    for (Seen added : young.values()) {
      require(
          added.id() > newest.id() && added.at().isAfter(newest.at()),
          Invariant.SNAPSHOTS_INCREASE,
          "snapshot %d of %s came after snapshot %d of %s",
          added.id(),
          added.at(),
          newest.id(),
          newest.at());
    }
  }

  private void inspect(View now, World world) {
    List<Long> expected = new ArrayList<>();
    long accepted = 0;
    long pending = 0;
    long duplicates = 0;
    long quarantined = 0;
    boolean told = true;
    for (int shard = 0; shard < now.shards().size(); shard++) {
      Standing standing = now.shards().get(shard);
      TreeMap<Long, Part> log = world.log(shard);
      for (long position = 1; position <= standing.watermark(); position++) {
        require(
            log.containsKey(position),
            Invariant.WATERMARK_IS_DENSE,
            "the watermark of shard %d is %d, but position %d is not in the log",
            shard,
            standing.watermark(),
            position);
      }
      Set<String> seen = new HashSet<>();
      for (Map.Entry<Long, Part> entry : log.entrySet()) {
        Part part = entry.getValue();
        int rows = part.events().size();
        accepted += rows;
        if (entry.getKey() > standing.watermark()) {
          pending += rows;
          continue;
        }
        int repeated = 0;
        String request = world.requestKey(shard, entry.getKey());
        if (part.corrupt()) {
          quarantined += rows;
        } else if (!request.isEmpty() && !seen.add("request " + request)) {
          repeated = rows;
        } else {
          for (Event event : part.events()) {
            if (event.key() == null || seen.add("event " + event.key())) {
              expected.add(event.id());
            } else {
              repeated++;
            }
          }
        }
        duplicates += repeated;
        LandedSegment landed = landed(shard, entry.getKey(), world);
        told &=
            landed.duplicates() == repeated && landed.quarantined() == (part.corrupt() ? rows : 0);
      }
      require(
          standing.acked() <= standing.watermark(),
          Invariant.LOG_NOT_AHEAD,
          "shard %d is acknowledged up to %d, its watermark is %d",
          shard,
          standing.acked(),
          standing.watermark());
    }
    rows(now.newest(), expected);
    long visible = now.newest().rows().size();
    require(told, Invariant.CONSERVATION, "a segment's receipt does not say what became of it");
    require(
        now.counts().visible() == visible
            && now.counts().duplicates() == duplicates
            && now.counts().quarantined() == quarantined
            && accepted == visible + duplicates + quarantined + pending,
        Invariant.CONSERVATION,
        "accepted %d, visible %d, duplicates %d, quarantined %d, pending %d; counted %s",
        accepted,
        visible,
        duplicates,
        quarantined,
        pending,
        now.counts());
  }

  private static LandedSegment landed(int shard, long position, World world) {
    Optional<LandedSegment> landed = world.landed(shard, position);
    require(
        landed.isPresent(),
        Invariant.WATERMARK_IS_DENSE,
        "position %d of shard %d is below the watermark and has not landed",
        position,
        shard);
    return landed.get();
  }

  private void rows(Seen newest, List<Long> expected) {
    List<Long> rows = newest.rows();
    Set<Object> distinct = new HashSet<>();
    for (long id : rows) {
      require(
          distinct.add(id) && (!eventKeys.containsKey(id) || distinct.add(eventKeys.get(id))),
          Invariant.NOTHING_DOUBLED,
          "snapshot %d shows row %d twice, or its key: %s",
          newest.id(),
          id,
          rows);
    }
    List<Long> missing = new ArrayList<>(expected);
    missing.removeAll(rows);
    List<Long> extra = new ArrayList<>(rows);
    extra.removeAll(expected);
    if (!missing.isEmpty()) {
      boolean replaced =
          missing.stream()
              .allMatch(
                  id ->
                      extra.stream()
                          .anyMatch(
                              other ->
                                  eventKeys.containsKey(id)
                                      && eventKeys.get(id).equals(eventKeys.get(other))));
      throw new Broken(
          replaced ? Invariant.KEY_ORDER : Invariant.NOTHING_LOST,
          "snapshot %d shows %s, but the log up to the watermark says %s"
              .formatted(newest.id(), rows, expected));
    }
    require(
        extra.isEmpty(),
        Invariant.NOTHING_EARLY,
        "snapshot %d shows %s, but the log up to the watermark says %s",
        newest.id(),
        rows,
        expected);
  }

  private void token(String receipt, List<Event> events, View now) {
    for (String place : receipt.split(" ")) {
      String[] parts = place.split(":");
      if (parts.length < 2
          || now.shards().get(Integer.parseInt(parts[0])).watermark() < Long.parseLong(parts[1])) {
        return;
      }
    }
    require(
        shown(now).containsAll(events.stream().map(this::identity).toList()),
        Invariant.TOKENS_HOLD,
        "token [%s] is satisfied, but of %s only %s is in snapshot %d",
        receipt.strip(),
        events,
        now.newest().rows(),
        now.newest().id());
  }

  private Set<Object> shown(View now) {
    Set<Object> shown = new HashSet<>();
    for (long id : now.newest().rows()) {
      shown.add(eventKeys.containsKey(id) ? eventKeys.get(id) : id);
    }
    return shown;
  }

  /** An event with a key is visible if any event of that key is. */
  private Object identity(Event event) {
    return event.key() == null ? event.id() : event.key();
  }
}
