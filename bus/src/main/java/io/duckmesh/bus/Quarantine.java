package io.duckmesh.bus;

import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * What could not land, as people see it: entries that wait until they are replayed or dropped, and
 * then stay without their bytes. Nothing of another tenant is seen or touched.
 *
 * <p>Every method may be called from any thread and by many processes at once, and may throw {@link
 * BusUnavailableException}.
 */
public interface Quarantine {
  /** Entries of the tenant, the newest first. */
  List<QuarantineEntry> list(String tenant, QuarantineFilter filter);

  /** The entry with its bytes; empty if the tenant has no such entry. */
  Optional<QuarantineContent> find(String tenant, QuarantineId id);

  /**
   * Appends the segments to the log in place of the entry, which is replayed from then on: both or
   * nothing, durable when it returns. Repeatable: an entry that was replayed before is answered as
   * it is, and nothing is appended; so whoever is unsure simply calls again. Not refused when the
   * backlog is full, for what is replayed was admitted before.
   *
   * @param table whose events the segments hold
   * @param segments at least one
   * @throws QuarantineEntryNotFoundException if the tenant has no such entry
   * @throws QuarantineFinishedException if it was dropped
   * @throws ShardNotFoundException if a shard is not known
   * @throws IllegalArgumentException if there are no segments, or one is for a shard of another
   *     tenant
   */
  QuarantineEntry replay(String tenant, QuarantineId id, UUID table, List<Segment> segments);

  /**
   * Gives the entry up: its bytes are deleted. Repeatable.
   *
   * @throws QuarantineEntryNotFoundException if the tenant has no such entry
   * @throws QuarantineFinishedException if it was replayed
   */
  QuarantineEntry drop(String tenant, QuarantineId id);
}
