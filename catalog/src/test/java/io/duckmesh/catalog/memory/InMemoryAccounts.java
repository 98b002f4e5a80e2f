package io.duckmesh.catalog.memory;

import static java.util.Comparator.comparing;

import io.duckmesh.catalog.Accounts;
import io.duckmesh.catalog.FileRows;
import io.duckmesh.catalog.ShardAccount;
import io.duckmesh.catalog.ShardId;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.Watermark;
import java.util.List;

final class InMemoryAccounts implements Accounts {
  private final State state;

  InMemoryAccounts(State state) {
    this.state = state;
  }

  @Override
  public List<ShardAccount> list(TenantId tenant) {
    return state.locked(
        () ->
            state.watermarks.values().stream()
                .filter(watermark -> watermark.tenant().equals(tenant))
                .map(this::account)
                .toList());
  }

  @Override
  public ShardAccount load(ShardId shard) {
    return state.locked(
        () -> {
          Watermark watermark = state.watermarks.get(shard);
          if (watermark == null) {
            throw new IllegalArgumentException("Shard does not exist: " + shard);
          }
          return account(watermark);
        });
  }

  private ShardAccount account(Watermark watermark) {
    return new ShardAccount(
        watermark.shard(),
        watermark.tenant(),
        watermark.position(),
        watermark.snapshot(),
        state.tableless.getOrDefault(watermark.shard(), 0L),
        state.tables.values().stream()
            .filter(table -> table.info.shards().contains(watermark.shard()))
            .map(
                table ->
                    new ShardAccount.TableAccount(
                        table.info.name(), table.info.dropped(), table.counts(watermark.shard())))
            .sorted(comparing(ShardAccount.TableAccount::name))
            .toList());
  }

  @Override
  public List<FileRows> fileRows(TenantId tenant) {
    return state.locked(
        () ->
            state.tables.values().stream()
                .filter(table -> table.info.tenant().equals(tenant) && !table.info.dropped())
                .map(
                    table ->
                        new FileRows(
                            table.info.id(),
                            table.info.name(),
                            table.counts().visible(),
                            0,
                            table.files.stream().mapToLong(live -> live.file().rowCount()).sum()))
                .sorted(comparing(FileRows::name))
                .toList());
  }
}
