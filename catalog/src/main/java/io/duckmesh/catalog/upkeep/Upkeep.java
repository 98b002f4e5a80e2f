package io.duckmesh.catalog.upkeep;

/**
 * The part of the catalog that only background jobs and their operators need. May be used from any
 * thread, and by many processes at once; each method is one transaction, durable when it returns.
 * Every method may throw {@link io.duckmesh.catalog.CatalogUnavailableException}.
 */
public interface Upkeep {
  /** What is wanted of tenants and tables. */
  Policies policies();

  /** Files that take the place of others. */
  Rewrites rewrites();

  /** Which snapshots can be read. */
  Retention retention();

  /** Objects that nothing refers to. */
  Garbage garbage();

  /** Snapshots that queries are reading. */
  Readers readers();

  /** Going back to an earlier state. */
  Restores restores();

  /** What jobs did. */
  Runs runs();
}
