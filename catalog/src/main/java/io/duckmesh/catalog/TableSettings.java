package io.duckmesh.catalog;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * Settings of a table.
 *
 * @param keyWindow how long event keys and request keys are remembered, at least
 * @param shards on how many shards the table lives, fixed when it is created
 */
public record TableSettings(Duration keyWindow, int shards) {
  public static final TableSettings DEFAULTS = new TableSettings(Duration.ofDays(7), 1);

  public TableSettings {
    requireNonNull(keyWindow, "keyWindow is null");
    if (keyWindow.isNegative() || keyWindow.isZero()) {
      throw new IllegalArgumentException("Key window must be positive: " + keyWindow);
    }
    if (shards < 1) {
      throw new IllegalArgumentException("Shards must be positive: " + shards);
    }
  }

  public TableSettings withKeyWindow(Duration keyWindow) {
    return new TableSettings(keyWindow, shards);
  }

  public TableSettings withShards(int shards) {
    return new TableSettings(keyWindow, shards);
  }
}
