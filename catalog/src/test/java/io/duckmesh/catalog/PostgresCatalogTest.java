package io.duckmesh.catalog;

import io.duckmesh.catalog.postgres.PostgresStore;
import org.junit.jupiter.api.Nested;

/** The contract, kept by PostgreSQL. */
class PostgresCatalogTest {
  @Nested
  class TenantsPart extends TenantsContract {
    @Override
    CatalogStore newStore() {
      return PostgresStore.shared();
    }
  }

  @Nested
  class TablesPart extends TablesContract {
    @Override
    CatalogStore newStore() {
      return PostgresStore.shared();
    }
  }

  @Nested
  class SnapshotsPart extends SnapshotsContract {
    @Override
    CatalogStore newStore() {
      return PostgresStore.shared();
    }
  }

  @Nested
  class WritesPart extends WritesContract {
    @Override
    CatalogStore newStore() {
      return PostgresStore.shared();
    }
  }

  @Nested
  class EventKeysPart extends EventKeysContract {
    @Override
    CatalogStore newStore() {
      return PostgresStore.shared();
    }
  }

  @Nested
  class RequestKeysPart extends RequestKeysContract {
    @Override
    CatalogStore newStore() {
      return PostgresStore.shared();
    }
  }

  @Nested
  class WatermarksPart extends WatermarksContract {
    @Override
    CatalogStore newStore() {
      return PostgresStore.shared();
    }
  }

  @Nested
  class AccountsPart extends AccountsContract {
    @Override
    CatalogStore newStore() {
      return PostgresStore.shared();
    }
  }

  @Nested
  class VerificationsPart extends VerificationsContract {
    @Override
    CatalogStore newStore() {
      return PostgresStore.shared();
    }
  }

  @Nested
  class AsyncQueriesPart extends AsyncQueriesContract {
    @Override
    CatalogStore newStore() {
      return PostgresStore.shared();
    }
  }

  @Nested
  class QueryHistoryPart extends QueryHistoryContract {
    @Override
    CatalogStore newStore() {
      return PostgresStore.shared();
    }
  }
}
