package io.duckmesh.engine.objects.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.duckmesh.engine.objects.ObjectExistsException;
import io.duckmesh.engine.objects.ObjectInfo;
import io.duckmesh.engine.objects.ObjectStore;
import io.duckmesh.engine.objects.ObjectStoreContract;
import io.duckmesh.engine.objects.ObjectStoreUnavailableException;
import io.duckmesh.engine.objects.ObjectWriter;
import io.duckmesh.testing.S3Server;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class S3ObjectStoreIT extends ObjectStoreContract {
  private final S3Server server = S3Server.shared();
  private String bucket;
  private ObjectStore store;

  @BeforeEach
  void open() {
    bucket = server.createBucket();
    store = S3Objects.open(options(server, bucket).withPrefix("some/where"));
  }

  @AfterEach
  void close() {
    store.close();
  }

  @Override
  protected ObjectStore store() {
    return store;
  }

  /**
   * The test server looks whether the key is free when a request begins and replaces what is there
   * when it ends; so only this holds: somebody wins, and what is there is one of theirs.
   */
  @Override
  protected void assertWinners(List<Integer> winners, int size) {
    assertThat(winners).isNotEmpty().contains(size);
  }

  @Test
  void objectsAreBelowThePrefixAndOthersAreNotSeen() throws IOException {
    Path folder = server.bucketDirectory(bucket);
    Files.writeString(folder.resolve("outside"), "x");

    publish(key("a/1"), bytes(10));

    assertThat(folder.resolve("some/where/a/1")).hasBinaryContent(bytes(10));
    assertThat(keys("")).containsExactly("a/1");
  }

  @ParameterizedTest
  @CsvSource({"10, 0", "9437184, 0", "9437184, 1"})
  void publishingSucceedsWhenAnAnswerIsLostOnce(int size, int passing) throws IOException {
    try (CutProxy proxy = new CutProxy(server.endpoint());
        ObjectStore cut = S3Objects.open(options(server, bucket).withEndpoint(proxy.endpoint()));
        ObjectWriter writer = cut.create(key("lost/once"))) {
      writer.stream().write(bytes(size));
      writer.stream().flush();
      proxy.loseAnswers(passing, 1);

      ObjectInfo published = writer.publish();

      assertThat(proxy.lostAnswers()).isEqualTo(1);
      assertThat(published.sizeBytes()).isEqualTo(size);
      assertThat(cut.open(key("lost/once")).readAllBytes()).isEqualTo(bytes(size));
    }
  }

  @Test
  void publishingIsUnknownWhenEveryAnswerIsLost() throws IOException {
    try (CutProxy proxy = new CutProxy(server.endpoint());
        ObjectStore cut =
            S3Objects.open(
                options(server, bucket).withEndpoint(proxy.endpoint()).withMaxAttempts(2));
        ObjectWriter writer = cut.create(key("lost/always"))) {
      writer.stream().write(bytes(10));
      proxy.loseAnswers(0, 100);

      assertThatThrownBy(writer::publish)
          .isInstanceOf(ObjectStoreUnavailableException.class)
          .hasMessageContaining("Cannot tell whether object lost/always is there");

      writer.close();
      proxy.loseAnswers(0, 0);
      assertThat(cut.find(key("lost/always"))).isPresent();
    }
  }

  @Test
  void othersObjectIsNotTakenForTheWritersOwn() {
    publish(key("some/other"), bytes(10));

    assertThatThrownBy(() -> publish(key("some/other"), bytes(10)))
        .isInstanceOf(ObjectExistsException.class);
  }

  @Test
  void thrownAwayPartsAreFreed() throws IOException {
    ObjectWriter writer = store.create(key("parts"));
    writer.stream().write(bytes(20 << 20));
    assertThat(bytesOf(server.bucketDirectory(bucket))).isGreaterThan(15 << 20);

    writer.close();

    assertThat(bytesOf(server.bucketDirectory(bucket))).isLessThan(1 << 20);
  }

  @Test
  void storeThatIsDownIsUnavailableAndWorksAgainWhenItIsBack() throws IOException {
    try (S3Server own = S3Server.start()) {
      String ownBucket = own.createBucket();
      try (ObjectStore down = S3Objects.open(options(own, ownBucket).withMaxAttempts(2))) {
        publish(down, key("before"), bytes(5));
        own.kill();

        assertUnavailable(() -> down.find(key("before")));
        assertUnavailable(() -> down.open(key("before")));
        assertUnavailable(() -> down.delete(List.of(key("before"))));
        assertThatThrownBy(() -> down.list("").count())
            .isInstanceOf(ObjectStoreUnavailableException.class);
        assertUnavailable(() -> publish(down, key("during"), bytes(5)));
        assertUnavailable(() -> publish(down, key("during"), bytes(9 << 20)));

        own.restart();
        publish(down, key("after"), bytes(6));
        assertThat(down.open(key("before")).readAllBytes()).isEqualTo(bytes(5));
        assertThat(down.list("").map(object -> object.key().value()))
            .containsExactly("after", "before");
      }
    }
  }

  @Test
  void serverThatHangsIsUnavailableAfterTheTimeout() {
    try (S3Server own = S3Server.start()) {
      S3Options impatient =
          options(own, own.createBucket())
              .withMaxAttempts(2)
              .withTimeouts(Duration.ofMillis(300), Duration.ofMillis(500), Duration.ofSeconds(2));
      try (ObjectStore hanging = S3Objects.open(impatient)) {
        own.pause();

        assertUnavailable(() -> hanging.find(key("x")));

        own.resume();
        assertThat(hanging.find(key("x"))).isEmpty();
      }
    }
  }

  @Test
  void missingBucketIsNamedAtOpen() {
    assertThatThrownBy(() -> S3Objects.open(options(server, "no-such-bucket")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("There is no S3 bucket no-such-bucket at " + server.endpoint());
  }

  @Test
  void unknownAccessKeyIsNamedAtOpen() {
    S3Options wrong =
        options(server, bucket).withCredentials(new S3Credentials("nobody", "secret"));

    assertThatThrownBy(() -> S3Objects.open(wrong))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("The S3 access key is unknown");
  }

  @Test
  void wrongSecretKeyIsNamedAtOpenWithoutBeingShown() {
    S3Options wrong =
        options(server, bucket)
            .withCredentials(new S3Credentials(server.accessKey(), "open-sesame"));

    assertThatThrownBy(() -> S3Objects.open(wrong))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("The S3 secret key does not belong to the access key")
        .hasMessageNotContaining("open-sesame");
    assertThat(wrong.toString()).doesNotContain("open-sesame");
  }

  @Test
  void wrongRegionIsNamedAtOpen() {
    assertThatThrownBy(() -> S3Objects.open(options(server, bucket).withRegion("eu-west-1")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("is not in region eu-west-1");
  }

  @Test
  void serviceThatDoesNotAnswerIsUnavailableAtOpen() {
    try (S3Server own = S3Server.start()) {
      String ownBucket = own.createBucket();
      own.kill();

      assertThatThrownBy(() -> S3Objects.open(options(own, ownBucket).withMaxAttempts(1)))
          .isInstanceOf(ObjectStoreUnavailableException.class)
          .hasMessageContaining(ownBucket);
    }
  }

  private static void assertUnavailable(Runnable call) {
    assertThatThrownBy(call::run).isInstanceOf(ObjectStoreUnavailableException.class);
  }

  private static S3Options options(S3Server server, String bucket) {
    return S3Options.of(bucket)
        .withEndpoint(server.endpoint())
        .withRegion(server.region())
        .withCredentials(new S3Credentials(server.accessKey(), server.secretKey()));
  }

  private static long bytesOf(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
    }
  }
}
