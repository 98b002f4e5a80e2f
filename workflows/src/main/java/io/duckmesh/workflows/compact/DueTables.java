package io.duckmesh.workflows.compact;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Tables that have files to merge; at most {@link #MOST}. */
public record DueTables(@Nullable List<DueTable> tables) {
  public DueTables {
    tables = tables == null ? List.of() : List.copyOf(tables);
  }

  /** The others are found when these are done: runs are short, and the next look is soon. */
  public static final int MOST = 50;
}
