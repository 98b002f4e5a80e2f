package io.duckmesh.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.catalog.DataFile;
import io.duckmesh.catalog.SnapshotId;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/** What is prepared for queries before they come. */
class PrefetchTest extends GatewayTestBase {
  @Test
  void newFilesOfAQueriedTableAreFetchedAfterTheCommit() throws Exception {
    String queried = newTable();
    String other = newTable();
    String first = write(queried, 1);
    assertThat(count(queried, first)).isEqualTo(1);

    write(other, 1);
    String second = write(queried, 2);

    await(() -> engine().prefetched.containsAll(newFiles(queried, 1)));
    assertThat(count(queried, second)).isEqualTo(2);
    assertThat(engine().prefetched).doesNotContainAnyElementsOf(newFiles(other, 0));
  }

  @Test
  void tenantsAreWarmedAtTheStart() throws Exception {
    await(() -> engine().warmed.contains(TestDatabase.TENANT.value()));
  }

  private static String write(String table, int id) {
    return gateway()
        .post(events(table) + "?wait=visible", "{\"id\": %d}".formatted(id), NDJSON)
        .json()
        .get("token")
        .asString();
  }

  /** Keys of the table's files after the first ones. */
  private static List<String> newFiles(String table, int skipped) {
    SnapshotId newest = gateway().catalog().snapshots().newest(TestDatabase.TENANT).id();
    return gateway()
        .catalog()
        .snapshots()
        .manifest(TestDatabase.TENANT, newest, table)
        .files()
        .stream()
        .skip(skipped)
        .map(DataFile::objectKey)
        .toList();
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      Thread.sleep(20);
    }
  }
}
