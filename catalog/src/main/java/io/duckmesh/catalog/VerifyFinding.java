package io.duckmesh.catalog;

import static java.util.Objects.requireNonNull;

/**
 * Something that is not as it should be.
 *
 * @param subject what it is about: an object key, a shard, or a shard and a table
 * @param detail what is wrong, in words and values
 */
public record VerifyFinding(Kind kind, String subject, String detail) {
  /** What is not as it should be. */
  public enum Kind {
    /** An accepted event is in none of the other counts, or in two. */
    CONSERVATION,
    /** The store has no such object. */
    FILE_MISSING,
    /** The object has another size than the file. */
    FILE_SIZE,
    /** The object has other bytes than the file. */
    FILE_CONTENT,
    /** Log and catalog do not agree how far a shard has come. */
    WATERMARK,
    /** Commits of a shard leave positions out, have them twice, or are not in order. */
    POSITIONS
  }

  public VerifyFinding {
    requireNonNull(kind, "kind is null");
    requireNonNull(subject, "subject is null");
    requireNonNull(detail, "detail is null");
  }
}
