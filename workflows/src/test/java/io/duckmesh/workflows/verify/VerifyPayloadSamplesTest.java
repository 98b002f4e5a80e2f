package io.duckmesh.workflows.verify;

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
class VerifyPayloadSamplesTest {
  private static final DataConverter CONVERTER = PayloadConverters.dataConverter();
  private static final VerifyProgress PROGRESS =
      new VerifyProgress(17, "default/5f0c/1.parquet", 4, 120, 4_500_000, 2);

  static Stream<Record> payloads() {
    return Stream.of(
        new VerifyInput("default", true, PROGRESS),
        PROGRESS,
        new VerifyPlan(17, List.of("default-0", "default-1")),
        new RunInput("0199c1f4", "default"),
        new ShardCheck("0199c1f4", "default-0"),
        new FilesCheck("0199c1f4", "default", PROGRESS),
        new FilesResult(PROGRESS, true),
        new CheckResult(3),
        new VerifyResult("0199c1f4", "failed", 17, 4, 120, 4_500_000, 2, 812));
  }

  @ParameterizedTest
  @MethodSource("payloads")
  void sampleOfTheFirstReleaseIsRead(Record payload) throws IOException {
    Path sample =
        Path.of(
            "src/test/resources/payloads/verify/v1-"
                + payload.getClass().getSimpleName()
                + ".json");

    assertThat(read(Files.readString(sample), payload.getClass())).isEqualTo(payload);
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
  void whatAnOlderStarterLeavesOutHasADefault() {
    assertThat(read("{\"tenant\":\"default\"}", VerifyInput.class))
        .isEqualTo(VerifyInput.first("default", false));
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
