package io.duckmesh.catalog.conservation;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.catalog.Accounts;
import io.duckmesh.catalog.FileRows;
import io.duckmesh.catalog.ShardAccount;
import io.duckmesh.catalog.ShardId;
import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.TableCounts;
import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.TenantId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class ConservationTest {
  private static final ShardId SHARD = new ShardId("default-0");
  private static final TenantId TENANT = new TenantId("default");
  private static final TableId FLIGHTS = new TableId(new UUID(1, 1));

  /** Accounts and a log whose next readings a test lines up; the last one stays. */
  private final List<ShardAccount> accounts = new ArrayList<>();

  private final List<LogCounts> log = new ArrayList<>();

  private final Conservation conservation =
      new Conservation(
          new Accounts() {
            @Override
            public List<ShardAccount> list(TenantId tenant) {
              return List.of(load(SHARD));
            }

            @Override
            public ShardAccount load(ShardId shard) {
              return next(accounts);
            }

            @Override
            public List<FileRows> fileRows(TenantId tenant) {
              return List.of();
            }
          },
          (shard, after) -> next(log));

  private static <T> T next(List<T> readings) {
    return readings.size() > 1 ? readings.removeFirst() : readings.getFirst();
  }

  @Test
  void everyEventIsInOneOfTheCounts() {
    accounts.add(account(4, 5, new TableCounts(FLIGHTS, 100, 70, 20, 10)));
    log.add(new LogCounts(6, 112, 4, 2, 7, Map.of(FLIGHTS, 6L)));

    ShardBalance measured = conservation.measure(SHARD);

    assertThat(measured.balance()).isEqualTo(new Balance(112, 70, 20, 15, 7));
    assertThat(measured.tables())
        .extracting(ShardBalance.TableBalance::balance)
        .containsExactly(new Balance(106, 70, 20, 10, 6));
    assertThat(measured.balanced()).isTrue();
    assertThat(measured.settled()).isTrue();
  }

  @Test
  void eventThatTheLogTookAndNobodyCountsIsMissing() {
    accounts.add(account(4, 0, new TableCounts(FLIGHTS, 100, 70, 20, 10)));
    log.add(new LogCounts(6, 108, 4, 2, 7, Map.of()));

    ShardBalance measured = conservation.measure(SHARD);

    assertThat(measured.balance().missing()).isEqualTo(1);
    assertThat(measured.balanced()).isFalse();
  }

  @Test
  void shiftBetweenTwoTablesShowsThoughTheShardIsBalanced() {
    TableId airlines = new TableId(new UUID(1, 2));
    accounts.add(
        new ShardAccount(
            SHARD,
            TENANT,
            4,
            new SnapshotId(9),
            0,
            List.of(
                new ShardAccount.TableAccount(
                    "airlines", false, new TableCounts(airlines, 10, 11, 0, 0)),
                new ShardAccount.TableAccount(
                    "flights", false, new TableCounts(FLIGHTS, 10, 9, 0, 0)))));
    log.add(new LogCounts(4, 20, 4, 0, 0, Map.of()));

    ShardBalance measured = conservation.measure(SHARD);

    assertThat(measured.balance().balanced()).isTrue();
    assertThat(measured.balanced()).isFalse();
    assertThat(measured.tables())
        .extracting(table -> table.balance().missing())
        .containsExactly(-1L, 1L);
  }

  @Test
  void segmentsThatTheLogFreedMeanwhileAreLookedForInTheCatalog() {
    accounts.add(account(4, 0, new TableCounts(FLIGHTS, 40, 40, 0, 0)));
    log.add(new LogCounts(8, 80, 6, 2, 20, Map.of(FLIGHTS, 20L)));
    accounts.add(account(6, 0, new TableCounts(FLIGHTS, 60, 60, 0, 0)));
    log.add(new LogCounts(9, 90, 6, 3, 30, Map.of(FLIGHTS, 30L)));

    ShardBalance measured = conservation.measure(SHARD);

    assertThat(measured.balance()).isEqualTo(new Balance(90, 60, 0, 0, 30));
    assertThat(measured.balanced()).isTrue();
  }

  @Test
  void segmentThatIsGoneBeforeItIsAcknowledgedIsMissing() {
    accounts.add(account(4, 0, new TableCounts(FLIGHTS, 40, 40, 0, 0)));
    log.add(new LogCounts(6, 60, 4, 1, 10, Map.of(FLIGHTS, 10L)));

    ShardBalance measured = conservation.measure(SHARD);

    assertThat(measured.complete()).isFalse();
    assertThat(measured.balance().missing()).isEqualTo(10);
  }

  @Test
  void eventsAcknowledgedBeforeTheyLandedAreMissing() {
    accounts.add(account(4, 0, new TableCounts(FLIGHTS, 40, 40, 0, 0)));
    log.add(new LogCounts(6, 60, 6, 0, 0, Map.of()));

    ShardBalance measured = conservation.measure(SHARD);

    assertThat(measured.settled()).isTrue();
    assertThat(measured.balance().missing()).isEqualTo(20);
  }

  @Test
  void logThatNeverStandsStillIsNotCalledUnbalanced() {
    for (int i = 0; i < 100; i++) {
      accounts.add(account(9L * i, 0, new TableCounts(FLIGHTS, 90L * i, 90L * i, 0, 0)));
      log.add(new LogCounts(9L * i + 8, 90L * i + 80, 9L * i + 5, 3, 30, Map.of()));
    }

    ShardBalance measured = conservation.measure(SHARD);

    assertThat(measured.settled()).isFalse();
    assertThat(measured.balanced()).isTrue();
  }

  private static ShardAccount account(long watermark, long tableless, TableCounts flights) {
    return new ShardAccount(
        SHARD,
        TENANT,
        watermark,
        new SnapshotId(9),
        tableless,
        List.of(new ShardAccount.TableAccount("flights", false, flights)));
  }
}
