package io.duckmesh.catalog.postgres;

import io.duckmesh.catalog.Accounts;
import io.duckmesh.catalog.FileRows;
import io.duckmesh.catalog.ShardAccount;
import io.duckmesh.catalog.ShardId;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.postgres.AccountDao.AccountRow;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

final class JdbiAccounts implements Accounts {
  private final Database database;

  JdbiAccounts(Database database) {
    this.database = database;
  }

  @Override
  public List<ShardAccount> list(TenantId tenant) {
    return accounts(
        database.call(
            "list accounts of tenant " + tenant,
            AccountDao.class,
            dao -> dao.list(tenant.value())));
  }

  @Override
  public ShardAccount load(ShardId shard) {
    List<ShardAccount> found =
        accounts(
            database.call(
                "load the account of shard " + shard,
                AccountDao.class,
                dao -> dao.load(shard.value())));
    if (found.isEmpty()) {
      throw new IllegalArgumentException("Shard does not exist: " + shard);
    }
    return found.getFirst();
  }

  @Override
  public List<FileRows> fileRows(TenantId tenant) {
    return database.call(
        "count rows of tenant " + tenant, AccountDao.class, dao -> dao.fileRows(tenant.value()));
  }

  private static List<ShardAccount> accounts(List<AccountRow> rows) {
    Map<ShardId, List<AccountRow>> byShard =
        rows.stream()
            .collect(
                Collectors.groupingBy(AccountRow::shard, LinkedHashMap::new, Collectors.toList()));
    return byShard.values().stream()
        .map(
            shard -> {
              AccountRow first = shard.getFirst();
              return new ShardAccount(
                  first.shard(),
                  first.tenant(),
                  first.watermark(),
                  first.snapshot(),
                  first.tableless(),
                  shard.stream().map(AccountRow::table).filter(Objects::nonNull).toList());
            })
        .toList();
  }
}
