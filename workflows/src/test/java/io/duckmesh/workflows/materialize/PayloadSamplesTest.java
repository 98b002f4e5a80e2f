package io.duckmesh.workflows.materialize;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.duckmesh.workflows.PayloadConverters;
import io.temporal.api.common.v1.Payload;
import io.temporal.common.converter.DataConverter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** JSON of released payloads must be read for ever. */
class PayloadSamplesTest {
  private static final DataConverter CONVERTER = PayloadConverters.dataConverter();
  private static final ClaimedBatch BATCH =
      new ClaimedBatch("default-0", 7, 120, 180, 59, 4512, 81920);
  private static final MaterializeTotals TOTALS = new MaterializeTotals(3, 100, 2, 1, 1);

  static Stream<Record> payloads() {
    return Stream.of(
        new MaterializeInput("default-0", "default", true, true, TOTALS),
        new ShardInput("default-0"),
        new ClaimResult(BATCH, 1002),
        BATCH,
        new WriteResult(
            WriteResult.PREPARED, 42L, 2, 4500, 10, 2, List.of("airlines", "flights"), null, 12),
        new CommitInput(BATCH, 42, 2L),
        new CommitResult(CommitResult.COMMITTED, 17L, 4500, 10, 2, null, 5),
        new MaterializeStatus("default-0", "default", "waiting", false, 180L, 17L, TOTALS));
  }

  @ParameterizedTest
  @MethodSource("payloads")
  void sampleOfTheFirstReleaseIsRead(Record payload) throws IOException {
    Path sample =
        Path.of("src/test/resources/payloads/v1-" + payload.getClass().getSimpleName() + ".json");

    Record read = read(Files.readString(sample), payload.getClass());

    assertThat(read).isEqualTo(payload);
  }

  @ParameterizedTest
  @MethodSource("payloads")
  void payloadSurvivesTheWayThereAndBackInLessThanAKilobyte(Record payload) {
    Payload written = CONVERTER.toPayload(payload).orElseThrow();

    assertThat(CONVERTER.fromPayload(written, payload.getClass(), payload.getClass()))
        .isEqualTo(payload);
    assertThat(written.getData().size()).isLessThan(1024);
  }

  @Test
  void whatANewerWorkerAddsIsIgnored() {
    ShardInput read = read("{\"shard\":\"default-0\",\"added\":{\"later\":1}}", ShardInput.class);

    assertThat(read).isEqualTo(new ShardInput("default-0"));
  }

  @Test
  void whatAnOlderWorkerLeavesOutHasADefault() {
    MaterializeInput read =
        read("{\"shard\":\"default-0\",\"tenant\":\"default\"}", MaterializeInput.class);

    assertThat(read).isEqualTo(MaterializeInput.first("default-0", "default", false));
  }

  private static <T> T read(String json, Class<T> type) {
    Payload payload =
        Payload.newBuilder()
            .putMetadata("encoding", ByteString.copyFromUtf8("json/plain"))
            .setData(ByteString.copyFrom(json, StandardCharsets.UTF_8))
            .build();
    return CONVERTER.fromPayload(payload, type, type);
  }
}
