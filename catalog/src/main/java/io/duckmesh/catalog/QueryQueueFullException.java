package io.duckmesh.catalog;

/** As many asynchronous queries of the tenant wait as may; nothing was submitted. */
public final class QueryQueueFullException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int queued;

  public QueryQueueFullException(TenantId tenant, int queued) {
    super(
        "%d asynchronous queries of tenant %s are waiting, which is the limit"
            .formatted(queued, tenant));
    this.queued = queued;
  }

  /** How many are waiting. */
  public int queued() {
    return queued;
  }
}
