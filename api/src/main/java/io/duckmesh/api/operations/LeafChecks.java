package io.duckmesh.api.operations;

import io.duckmesh.api.ReadinessCheck;
import io.duckmesh.bus.BusUnavailableException;
import io.duckmesh.bus.EventBus;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.CatalogUnavailableException;
import java.util.Optional;

/** Whether the gateway's own leaves answer. */
public final class LeafChecks {
  private LeafChecks() {}

  public static ReadinessCheck ofCatalog(Catalog catalog) {
    return new ReadinessCheck() {
      @Override
      public String name() {
        return "catalog";
      }

      @Override
      public Optional<String> missing() {
        try {
          return catalog.tenants().list().isEmpty()
              ? Optional.of("There is no tenant yet")
              : Optional.empty();
        } catch (CatalogUnavailableException e) {
          return Optional.of("The catalog does not answer");
        }
      }
    };
  }

  public static ReadinessCheck ofBus(EventBus bus) {
    return new ReadinessCheck() {
      @Override
      public String name() {
        return "bus";
      }

      @Override
      public Optional<String> missing() {
        try {
          return bus.statuses().isEmpty()
              ? Optional.of("The log has no shard yet")
              : Optional.empty();
        } catch (BusUnavailableException e) {
          return Optional.of("The log does not answer");
        }
      }
    };
  }
}
