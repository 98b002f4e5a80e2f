package io.duckmesh.engine.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every object store promises. The store is empty before each test. */
public abstract class ObjectStoreContract {
  protected abstract ObjectStore store();

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 1 << 20, 8 << 20, (8 << 20) + 1, 20 << 20})
  void publishedObjectReadsBackWhole(int size) throws IOException {
    byte[] bytes = bytes(size);

    ObjectInfo published = publish(key("a/whole"), bytes);

    assertThat(published.key()).isEqualTo(key("a/whole"));
    assertThat(published.sizeBytes()).isEqualTo(size);
    assertThat(read(key("a/whole"))).isEqualTo(bytes);
  }

  @Test
  void writesOfEverySizeArriveInTheirOrder() throws IOException {
    byte[] bytes = bytes(9 << 20);
    Random random = new Random(7);

    try (ObjectWriter writer = store().create(key("chunks"))) {
      int from = 0;
      while (from < bytes.length) {
        int length = Math.min(random.nextInt(200_000), bytes.length - from);
        writer.stream().write(bytes, from, length);
        from += length;
        if (from < bytes.length) {
          writer.stream().write(bytes[from]);
          from++;
        }
      }
      writer.publish();
    }

    assertThat(read(key("chunks"))).isEqualTo(bytes);
  }

  @Test
  void publishedObjectIsFoundWithSizeAndTime() throws IOException {
    Instant before = Instant.now();

    ObjectInfo published = publish(key("a/found"), bytes(10));

    ObjectInfo found = store().find(key("a/found")).orElseThrow();
    assertThat(found.key()).isEqualTo(key("a/found"));
    assertThat(found.sizeBytes()).isEqualTo(10);
    assertThat(found.modifiedAt()).isBetween(before.minusSeconds(5), before.plusSeconds(60));
    assertThat(published.modifiedAt()).isBetween(before.minusSeconds(5), before.plusSeconds(60));
  }

  @ParameterizedTest
  @ValueSource(ints = {5, 9 << 20})
  void unpublishedObjectIsInvisible(int size) throws IOException {
    try (ObjectWriter writer = store().create(key("hidden"))) {
      writer.stream().write(bytes(size));
      writer.stream().flush();
      writer.stream().close();

      assertThat(store().find(key("hidden"))).isEmpty();
      assertThat(keys("")).isEmpty();
      assertThatThrownBy(() -> read(key("hidden"))).isInstanceOf(ObjectNotFoundException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {5, 9 << 20})
  void closedWriterThrowsItsObjectAway(int size) throws IOException {
    ObjectWriter writer = store().create(key("thrown"));
    writer.stream().write(bytes(size));

    writer.close();
    writer.close();

    assertThat(store().find(key("thrown"))).isEmpty();
    assertThat(keys("")).isEmpty();
    assertThatThrownBy(writer::publish).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> writer.stream().write(1)).isInstanceOf(IOException.class);
  }

  @Test
  void closingAfterPublishKeepsTheObject() throws IOException {
    ObjectWriter writer = store().create(key("kept"));
    writer.stream().write(bytes(3));
    writer.publish();

    writer.close();

    assertThat(read(key("kept"))).isEqualTo(bytes(3));
    assertThatThrownBy(writer::publish).isInstanceOf(IllegalStateException.class);
  }

  @ParameterizedTest
  @ValueSource(ints = {5, 9 << 20})
  void takenKeyIsNotOverwritten(int size) throws IOException {
    publish(key("a/taken"), bytes(100));

    try (ObjectWriter writer = store().create(key("a/taken"))) {
      writer.stream().write(bytes(size));
      assertThatThrownBy(writer::publish)
          .isInstanceOf(ObjectExistsException.class)
          .hasMessage("Object exists: a/taken");
    }

    assertThat(read(key("a/taken"))).isEqualTo(bytes(100));
    assertThat(keys("")).containsExactly("a/taken");
  }

  @Test
  void ofPublishersAtTheSameTimeExactlyOneWins() throws Exception {
    int publishers = 4;
    try (ExecutorService threads = Executors.newFixedThreadPool(publishers)) {
      for (int round = 0; round < 20; round++) {
        ObjectKey key = key("race/" + round);
        CyclicBarrier start = new CyclicBarrier(publishers);
        List<Callable<Integer>> tasks = new ArrayList<>();
        for (int publisher = 1; publisher <= publishers; publisher++) {
          int size = publisher;
          tasks.add(() -> race(key, size, start));
        }

        List<Integer> winners = new ArrayList<>();
        for (Future<Integer> result : threads.invokeAll(tasks)) {
          winners.add(result.get());
        }
        winners.removeIf(size -> size == 0);

        assertWinners(winners, read(key).length);
      }
    }
  }

  /** The sizes that publishers say they published, and the size that is there. */
  protected void assertWinners(List<Integer> winners, int size) {
    assertThat(winners).containsExactly(size);
  }

  private int race(ObjectKey key, int size, CyclicBarrier start) throws Exception {
    try (ObjectWriter writer = store().create(key)) {
      writer.stream().write(bytes(size));
      start.await();
      writer.publish();
      return size;
    } catch (ObjectExistsException e) {
      return 0;
    }
  }

  @Test
  void absentObjectIsNotFound() {
    assertThat(store().find(key("x/absent"))).isEmpty();
    assertThatThrownBy(() -> store().open(key("x/absent")))
        .isInstanceOf(ObjectNotFoundException.class)
        .hasMessage("Object not found: x/absent");
  }

  @Test
  void folderIsNoObject() {
    publish(key("folder/object"), bytes(1));

    store().delete(List.of(key("folder")));

    assertThat(store().find(key("folder"))).isEmpty();
    assertThatThrownBy(() -> store().open(key("folder")))
        .isInstanceOf(ObjectNotFoundException.class);
    assertThat(keys("")).containsExactly("folder/object");
  }

  @Test
  void deletedObjectIsGoneAndOthersStay() {
    publish(key("d/1"), bytes(1));
    publish(key("d/2"), bytes(1));

    store().delete(List.of(key("d/1")));

    assertThat(store().find(key("d/1"))).isEmpty();
    assertThat(keys("")).containsExactly("d/2");
  }

  @Test
  void deletingAbsentObjectsSucceeds() {
    assertThatCode(() -> store().delete(List.of(key("no/such"), key("none"))))
        .doesNotThrowAnyException();
    assertThatCode(() -> store().delete(List.of())).doesNotThrowAnyException();
  }

  @Test
  void keyOfADeletedObjectMayBeUsedAgainByTheStore() throws IOException {
    publish(key("e/again"), bytes(1));
    store().delete(List.of(key("e/again")));

    publish(key("e/again"), bytes(2));

    assertThat(read(key("e/again"))).isEqualTo(bytes(2));
  }

  @Test
  void thousandsAreListedInOrderAndDeletedTogether() throws Exception {
    List<ObjectKey> keys =
        IntStream.range(0, 2_500).mapToObj(n -> key("many/%02d/%04d".formatted(n % 7, n))).toList();
    try (ExecutorService threads = Executors.newFixedThreadPool(16)) {
      List<Callable<ObjectInfo>> tasks = new ArrayList<>();
      keys.forEach(key -> tasks.add(() -> publish(key, bytes(1))));
      for (Future<ObjectInfo> published : threads.invokeAll(tasks)) {
        published.get();
      }
    }

    List<String> listed = keys("many/");
    store().delete(keys);

    assertThat(listed)
        .containsExactlyElementsOf(keys.stream().map(ObjectKey::value).sorted().toList());
    assertThat(keys("")).isEmpty();
  }

  @Test
  void listIsOfThePrefixInTheOrderOfBytes() {
    List<String> values =
        List.of("t/A", "t/Z", "t/_", "t/a", "t/a0", "t/a_/1", "t/aa", "t/b/1", "t2/a", "u/b");
    values.reversed().forEach(value -> publish(key(value), bytes(1)));

    assertThat(keys("")).containsExactlyElementsOf(values);
    assertThat(keys("t/")).containsExactlyElementsOf(values.subList(0, 8));
    assertThat(keys("t")).containsExactlyElementsOf(values.subList(0, 9));
    assertThat(keys("t/a")).containsExactly("t/a", "t/a0", "t/a_/1", "t/aa");
    assertThat(keys("t/a_/1")).containsExactly("t/a_/1");
    assertThat(keys("t/c")).isEmpty();
    assertThat(keys("nothing/here/")).isEmpty();
    assertThat(keys("u/b/")).isEmpty();
  }

  @Test
  void folderSortsAmongItsNeighboursAsItsKeysDo() {
    List<String> values = List.of("n/a-b/1", "n/a.b/1", "n/a/1", "n/a0/1");
    values.forEach(value -> publish(key(value), bytes(1)));

    assertThat(keys("n/")).containsExactlyElementsOf(values);
  }

  @Test
  void prefixThatNoKeyHasListsNothing() {
    publish(key("p/1"), bytes(1));

    assertThat(keys("../")).isEmpty();
    assertThat(keys("p/../p/")).isEmpty();
    assertThat(keys("/p")).isEmpty();
    assertThat(keys(".tmp/")).isEmpty();
  }

  @Test
  void listHasSizes() {
    publish(key("s/1"), bytes(11));
    publish(key("s/2"), bytes(22));

    try (Stream<ObjectInfo> objects = store().list("s/")) {
      assertThat(objects.map(ObjectInfo::sizeBytes)).containsExactly(11L, 22L);
    }
  }

  @Test
  void everyCharacterOfAKeyIsKept() throws IOException {
    ObjectKey key =
        key(
            "tenant_1/day=2024-01-01/ABCDEFGHIJKLMNOPQRSTUVWXYZ/abcdefghijklmnopqrstuvwxyz-0.9=_.x");
    ObjectKey longest = key("l".repeat(200) + ("/" + "m".repeat(99)).repeat(6) + "/n");

    publish(key, bytes(3));
    publish(longest, bytes(4));

    assertThat(read(key)).isEqualTo(bytes(3));
    assertThat(read(longest)).isEqualTo(bytes(4));
    assertThat(keys("")).containsExactly(longest.value(), key.value());
  }

  @Test
  void streamMayBeLeftUnread() throws IOException {
    publish(key("unread"), bytes(5 << 20));

    try (InputStream stream = store().open(key("unread"))) {
      assertThat(stream.readNBytes(10)).isEqualTo(Arrays.copyOf(bytes(5 << 20), 10));
    }

    assertThat(store().find(key("unread"))).isPresent();
  }

  protected static ObjectKey key(String value) {
    return new ObjectKey(value);
  }

  protected static byte[] bytes(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }

  protected ObjectInfo publish(ObjectKey key, byte[] bytes) {
    return publish(store(), key, bytes);
  }

  public static ObjectInfo publish(ObjectStore store, ObjectKey key, byte[] bytes) {
    try (ObjectWriter writer = store.create(key)) {
      writer.stream().write(bytes);
      return writer.publish();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  protected byte[] read(ObjectKey key) throws IOException {
    try (InputStream stream = store().open(key)) {
      return stream.readAllBytes();
    }
  }

  protected List<String> keys(String prefix) {
    try (Stream<ObjectInfo> objects = store().list(prefix)) {
      return objects.map(object -> object.key().value()).toList();
    }
  }
}
