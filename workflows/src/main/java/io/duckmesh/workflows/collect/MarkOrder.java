package io.duckmesh.workflows.collect;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** In which order tenants are marked, so that a run that continues another one knows the rest. */
final class MarkOrder {
  private MarkOrder() {}

  /** The tenants in order of their names, from that one on (null: from the first). */
  static List<String> from(List<String> tenants, @Nullable String at) {
    return tenants.stream()
        .distinct()
        .sorted()
        .filter(tenant -> at == null || tenant.compareTo(at) >= 0)
        .toList();
  }
}
