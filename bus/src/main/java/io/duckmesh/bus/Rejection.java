package io.duckmesh.bus;

import static java.util.Objects.requireNonNull;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A segment that can not land.
 *
 * @param reason why, for people, without zero characters, which PostgreSQL does not keep
 * @param table whose events they are, null if they do not tell
 */
public record Rejection(Position position, String reason, @Nullable UUID table) {
  public Rejection {
    requireNonNull(position, "position is null");
    requireNonNull(reason, "reason is null");
    if (reason.indexOf('\0') >= 0) {
      throw new IllegalArgumentException("Reason holds a zero character");
    }
  }
}
