package io.duckmesh.catalog.compaction;

import static java.util.Objects.requireNonNull;

import io.duckmesh.catalog.upkeep.LiveFile;
import io.duckmesh.catalog.upkeep.RewriteDraft;
import io.duckmesh.catalog.upkeep.RewriteKind;
import java.util.List;

/**
 * Neighbours that become one file.
 *
 * @param files in order of place, at least two
 */
public record FileGroup(Reason reason, List<LiveFile> files) {
  /** Why they are merged. */
  public enum Reason {
    /** Together they are several times as big as each of them. */
    GROWS,
    /** Together they fill a file. */
    FILLS,
    /** They stand between full files, so nothing can join them. */
    CLOSES
  }

  public FileGroup {
    requireNonNull(reason, "reason is null");
    files = List.copyOf(files);
    if (files.size() < 2) {
      throw new IllegalArgumentException("A group has at least two files: " + files);
    }
  }

  public long rowCount() {
    return files.stream().mapToLong(LiveFile::rowCount).sum();
  }

  public long sizeBytes() {
    return files.stream().mapToLong(LiveFile::sizeBytes).sum();
  }

  /** What the catalog is told of it. */
  public RewriteDraft draft() {
    return new RewriteDraft(
        RewriteKind.COMPACT,
        files.stream().map(LiveFile::objectKey).toList(),
        reason != Reason.GROWS);
  }
}
