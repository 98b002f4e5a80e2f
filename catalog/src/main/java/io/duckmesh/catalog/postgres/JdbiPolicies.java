package io.duckmesh.catalog.postgres;

import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.postgres.PolicyDao.PolicyOfTable;
import io.duckmesh.catalog.upkeep.Policies;
import io.duckmesh.catalog.upkeep.RowRetention;
import io.duckmesh.catalog.upkeep.TablePolicy;
import io.duckmesh.catalog.upkeep.TableWishes;
import io.duckmesh.catalog.upkeep.UpkeepPolicy;
import io.duckmesh.catalog.upkeep.UpkeepWindow;
import java.time.Duration;
import java.time.LocalTime;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

final class JdbiPolicies implements Policies {
  private final Database database;

  JdbiPolicies(Database database) {
    this.database = database;
  }

  @Override
  public UpkeepPolicy load(TenantId tenant) {
    return database
        .call(
            "load the policy of tenant " + tenant,
            PolicyDao.class,
            dao -> dao.findOfTenant(tenant.value()))
        .orElse(UpkeepPolicy.NONE);
  }

  @Override
  public UpkeepPolicy load(TableId table) {
    return database
        .call("load the policy of table " + table, PolicyDao.class, dao -> dao.find(table.value()))
        .map(PolicyOfTable::policy)
        .orElse(UpkeepPolicy.NONE);
  }

  @Override
  public TableWishes wishes(TableId table) {
    return database.withHandle(
        "load the wishes of table " + table,
        handle -> wishes(handle.attach(PolicyDao.class), table));
  }

  private static TableWishes wishes(PolicyDao dao, TableId table) {
    List<String> sortBy = dao.findSortBy(table.value()).orElseThrow(() -> doesNotExist(table));
    return new TableWishes(
        dao.find(table.value()).map(PolicyOfTable::policy).orElse(UpkeepPolicy.NONE), sortBy);
  }

  @Override
  public void set(TenantId tenant, UpkeepPolicy policy) {
    checkOfTenant(policy);
    database.inTransaction(
        "set the policy of tenant " + tenant,
        handle -> {
          PolicyDao dao = handle.attach(PolicyDao.class);
          dao.lock();
          set(dao, tenant, policy);
          return tenant;
        });
  }

  @Override
  public boolean replace(TenantId tenant, UpkeepPolicy expected, UpkeepPolicy policy) {
    checkOfTenant(policy);
    return database.inTransaction(
        "replace the policy of tenant " + tenant,
        handle -> {
          PolicyDao dao = handle.attach(PolicyDao.class);
          dao.lock();
          boolean asExpected =
              dao.findOfTenant(tenant.value()).orElse(UpkeepPolicy.NONE).equals(expected);
          if (asExpected) {
            set(dao, tenant, policy);
          }
          return asExpected;
        });
  }

  private static void checkOfTenant(UpkeepPolicy policy) {
    if (policy.rows() != null) {
      throw new IllegalArgumentException(
          "A tenant has no columns, so its policy can not say which rows go: " + policy.rows());
    }
  }

  private static void set(PolicyDao dao, TenantId tenant, UpkeepPolicy policy) {
    int set =
        dao.setOfTenant(
            tenant.value(),
            policy.compact(),
            policy.targetFileBytes(),
            from(policy),
            until(policy),
            millis(policy.keepSnapshots()),
            policy.keepAtLeast());
    if (set == 0) {
      throw new IllegalArgumentException("Tenant does not exist: " + tenant);
    }
    dao.planAgain(tenant.value());
  }

  @Override
  public void set(TableId table, UpkeepPolicy policy) {
    database.inTransaction(
        "set the policy of table " + table,
        handle -> {
          PolicyDao dao = handle.attach(PolicyDao.class);
          dao.lock();
          set(dao, table, policy);
          return table;
        });
  }

  @Override
  public boolean replace(TableId table, TableWishes expected, TableWishes wishes) {
    return database.inTransaction(
        "replace the wishes of table " + table,
        handle -> {
          PolicyDao dao = handle.attach(PolicyDao.class);
          dao.lock();
          boolean asExpected = wishes(dao, table).equals(expected);
          if (asExpected) {
            dao.setSortBy(table.value(), wishes.sortBy().toArray(String[]::new));
            set(dao, table, wishes.policy());
          }
          return asExpected;
        });
  }

  private static void set(PolicyDao dao, TableId table, UpkeepPolicy policy) {
    RowRetention rows = policy.rows();
    int set =
        dao.set(
            table.value(),
            policy.compact(),
            policy.targetFileBytes(),
            from(policy),
            until(policy),
            millis(policy.keepSnapshots()),
            policy.keepAtLeast(),
            rows == null ? null : rows.fieldId(),
            rows == null ? null : millis(rows.keep()));
    if (set == 0) {
      throw doesNotExist(table);
    }
    dao.planAgain(table.value());
  }

  @Override
  public TablePolicy effective(TableId table) {
    return database.withHandle(
        "load the policy of table " + table,
        handle -> {
          PolicyDao dao = handle.attach(PolicyDao.class);
          PolicyOfTable wishes = dao.find(table.value()).orElseThrow(() -> doesNotExist(table));
          return effective(wishes, dao.findOfTenant(wishes.tenantId()));
        });
  }

  @Override
  public List<TablePolicy> list(TenantId tenant) {
    return database.withHandle(
        "list policies of tenant " + tenant,
        handle -> {
          PolicyDao dao = handle.attach(PolicyDao.class);
          Optional<UpkeepPolicy> tenants = dao.findOfTenant(tenant.value());
          return dao.list(tenant.value()).stream()
              .map(wishes -> effective(wishes, tenants))
              .toList();
        });
  }

  private static TablePolicy effective(PolicyOfTable wishes, Optional<UpkeepPolicy> tenant) {
    return TablePolicy.of(
        new TableId(wishes.tableId()),
        wishes.name(),
        wishes.policy(),
        tenant.orElse(UpkeepPolicy.NONE));
  }

  private static @Nullable LocalTime from(UpkeepPolicy policy) {
    UpkeepWindow window = policy.window();
    return window == null ? null : window.from();
  }

  private static @Nullable LocalTime until(UpkeepPolicy policy) {
    UpkeepWindow window = policy.window();
    return window == null ? null : window.until();
  }

  private static @Nullable Long millis(@Nullable Duration duration) {
    return duration == null ? null : duration.toMillis();
  }

  private static IllegalArgumentException doesNotExist(TableId table) {
    return new IllegalArgumentException("Table does not exist: " + table);
  }
}
