package io.duckmesh.catalog;

/**
 * The one place that says what exists. Its parts may be used from any thread, and by many processes
 * at once; each method is one transaction, durable when it returns. Every method may throw {@link
 * CatalogUnavailableException}.
 */
public interface Catalog extends AutoCloseable {
  /** Identity of this installation. */
  Installation installation();

  Tenants tenants();

  Tables tables();

  Snapshots snapshots();

  Watermarks watermarks();

  Writes writes();

  RequestKeys requestKeys();

  Accounts accounts();

  Verifications verifications();

  AsyncQueries asyncQueries();

  QueryHistory queryHistory();

  /**
   * Ends the threads of this object and wakes everybody who waits; does not close what it was
   * given.
   */
  @Override
  void close();
}
