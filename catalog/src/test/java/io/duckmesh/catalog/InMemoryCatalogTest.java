package io.duckmesh.catalog;

import io.duckmesh.catalog.memory.InMemoryCatalogStore;
import org.junit.jupiter.api.Nested;

/** The contract, kept in memory. */
class InMemoryCatalogTest {
  @Nested
  class TenantsPart extends TenantsContract {
    @Override
    CatalogStore newStore() {
      return new InMemoryCatalogStore();
    }
  }

  @Nested
  class TablesPart extends TablesContract {
    @Override
    CatalogStore newStore() {
      return new InMemoryCatalogStore();
    }
  }

  @Nested
  class SnapshotsPart extends SnapshotsContract {
    @Override
    CatalogStore newStore() {
      return new InMemoryCatalogStore();
    }
  }

  @Nested
  class WritesPart extends WritesContract {
    @Override
    CatalogStore newStore() {
      return new InMemoryCatalogStore();
    }
  }

  @Nested
  class EventKeysPart extends EventKeysContract {
    @Override
    CatalogStore newStore() {
      return new InMemoryCatalogStore();
    }
  }

  @Nested
  class RequestKeysPart extends RequestKeysContract {
    @Override
    CatalogStore newStore() {
      return new InMemoryCatalogStore();
    }
  }

  @Nested
  class WatermarksPart extends WatermarksContract {
    @Override
    CatalogStore newStore() {
      return new InMemoryCatalogStore();
    }
  }

  @Nested
  class AccountsPart extends AccountsContract {
    @Override
    CatalogStore newStore() {
      return new InMemoryCatalogStore();
    }
  }

  @Nested
  class VerificationsPart extends VerificationsContract {
    @Override
    CatalogStore newStore() {
      return new InMemoryCatalogStore();
    }
  }

  @Nested
  class AsyncQueriesPart extends AsyncQueriesContract {
    @Override
    CatalogStore newStore() {
      return new InMemoryCatalogStore();
    }
  }

  @Nested
  class QueryHistoryPart extends QueryHistoryContract {
    @Override
    CatalogStore newStore() {
      return new InMemoryCatalogStore();
    }
  }
}
