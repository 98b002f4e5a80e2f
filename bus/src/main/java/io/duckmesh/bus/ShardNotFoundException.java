package io.duckmesh.bus;

/** The shard is not known to the log. */
public final class ShardNotFoundException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public ShardNotFoundException(ShardId shard) {
    super("Shard not found: " + shard);
  }
}
