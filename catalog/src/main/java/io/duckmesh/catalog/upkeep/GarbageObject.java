package io.duckmesh.catalog.upkeep;

import static java.util.Objects.requireNonNull;

import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.TenantId;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An object that nothing refers to.
 *
 * @param sizeBytes 0 if it was never published
 * @param deleteFrom when it may be deleted, if no reader has it then
 * @param failures how often deleting it has failed
 * @param failure why it failed last
 */
public record GarbageObject(
    String objectKey,
    TenantId tenant,
    TableId table,
    long sizeBytes,
    Instant deleteFrom,
    int failures,
    @Nullable String failure) {
  public GarbageObject {
    requireNonNull(objectKey, "objectKey is null");
    requireNonNull(tenant, "tenant is null");
    requireNonNull(table, "table is null");
    requireNonNull(deleteFrom, "deleteFrom is null");
  }
}
