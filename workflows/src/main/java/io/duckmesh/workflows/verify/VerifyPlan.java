package io.duckmesh.workflows.verify;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a run looks at.
 *
 * @param snapshotId files of snapshots up to this one
 * @param shards all shards of the tenant
 */
public record VerifyPlan(long snapshotId, @Nullable List<String> shards) {
  public VerifyPlan {
    shards = shards == null ? List.of() : List.copyOf(shards);
  }
}
