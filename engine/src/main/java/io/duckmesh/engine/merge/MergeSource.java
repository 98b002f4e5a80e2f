package io.duckmesh.engine.merge;

import static java.util.Objects.requireNonNull;

import io.duckmesh.engine.objects.ObjectKey;
import io.duckmesh.engine.schema.RowSchema;

/**
 * A file that is merged.
 *
 * @param sizeBytes the size that it was published with
 * @param contentHash SHA-256 of what was published, in lower-case hexadecimal
 * @param writtenWith the schema that it was written with
 */
public record MergeSource(
    ObjectKey key, long sizeBytes, String contentHash, RowSchema writtenWith) {
  public MergeSource {
    requireNonNull(key, "key is null");
    requireNonNull(contentHash, "contentHash is null");
    requireNonNull(writtenWith, "writtenWith is null");
    if (sizeBytes < 1) {
      throw new IllegalArgumentException("File %s must have bytes: %d".formatted(key, sizeBytes));
    }
  }
}
