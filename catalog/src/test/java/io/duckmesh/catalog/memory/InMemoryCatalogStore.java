package io.duckmesh.catalog.memory;

import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.CatalogStore;
import java.time.Clock;

/** An empty store in memory; closing a catalog or the store loses nothing that others see. */
public final class InMemoryCatalogStore implements CatalogStore {
  private final State state = new State();

  @Override
  public Catalog open(Clock clock) {
    return new InMemoryCatalog(state, clock);
  }

  @Override
  public void close() {
    // Nothing is held: the state goes with the object.
  }
}
