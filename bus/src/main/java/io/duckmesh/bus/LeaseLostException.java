package io.duckmesh.bus;

/**
 * The batch is no longer the shard's current claim: it expired, was released, or was acknowledged.
 */
public final class LeaseLostException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public LeaseLostException(BatchId batch) {
    super("Lease lost: batch " + batch + " is not the current claim of its shard");
  }
}
