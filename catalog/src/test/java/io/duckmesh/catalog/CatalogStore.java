package io.duckmesh.catalog;

import java.time.Clock;

/** An empty store of its own that several catalogs may be opened on at once. */
public interface CatalogStore extends AutoCloseable {
  /** Opens a catalog as one more process would; the caller closes it. */
  Catalog open(Clock clock);

  /** Closed after its catalogs. */
  @Override
  void close();
}
