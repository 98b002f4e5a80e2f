package io.duckmesh.workflows.collect;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Whose garbage is looked for: ids of all tenants. */
public record CollectPlan(@Nullable List<String> tenants) {
  public CollectPlan {
    tenants = tenants == null ? List.of() : List.copyOf(tenants);
  }
}
