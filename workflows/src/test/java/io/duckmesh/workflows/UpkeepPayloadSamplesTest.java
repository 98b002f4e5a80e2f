package io.duckmesh.workflows;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.duckmesh.workflows.collect.CollectEnding;
import io.duckmesh.workflows.collect.CollectInput;
import io.duckmesh.workflows.collect.CollectPlan;
import io.duckmesh.workflows.collect.CollectProgress;
import io.duckmesh.workflows.collect.CollectResult;
import io.duckmesh.workflows.collect.CollectRun;
import io.duckmesh.workflows.collect.CollectStatus;
import io.duckmesh.workflows.collect.MarkInput;
import io.duckmesh.workflows.collect.MarkResult;
import io.duckmesh.workflows.collect.SweepInput;
import io.duckmesh.workflows.collect.SweepResult;
import io.duckmesh.workflows.compact.CompactDueInput;
import io.duckmesh.workflows.compact.CompactDueResult;
import io.duckmesh.workflows.compact.CompactEnding;
import io.duckmesh.workflows.compact.CompactInput;
import io.duckmesh.workflows.compact.CompactPlan;
import io.duckmesh.workflows.compact.CompactProgress;
import io.duckmesh.workflows.compact.CompactResult;
import io.duckmesh.workflows.compact.CompactStatus;
import io.duckmesh.workflows.compact.CompactStep;
import io.duckmesh.workflows.compact.DueTable;
import io.duckmesh.workflows.compact.DueTables;
import io.duckmesh.workflows.compact.GroupInput;
import io.duckmesh.workflows.compact.PlannedGroup;
import io.duckmesh.workflows.compact.PublishResult;
import io.duckmesh.workflows.compact.RewriteResult;
import io.duckmesh.workflows.expire.ExpireEnding;
import io.duckmesh.workflows.expire.ExpireInput;
import io.duckmesh.workflows.expire.ExpireProgress;
import io.duckmesh.workflows.expire.ExpireResult;
import io.duckmesh.workflows.expire.ExpireRun;
import io.duckmesh.workflows.expire.ExpireStatus;
import io.duckmesh.workflows.expire.ExpireStep;
import io.duckmesh.workflows.expire.ForgetStep;
import io.duckmesh.workflows.expire.TrimPlan;
import io.duckmesh.workflows.schedule.ScheduledRun;
import io.duckmesh.workflows.schedule.TimerInput;
import io.duckmesh.workflows.schedule.TimerStatus;
import io.temporal.api.common.v1.Payload;
import io.temporal.common.converter.DataConverter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** JSON of released payloads of upkeep must be read for ever. */
class UpkeepPayloadSamplesTest {
  private static final DataConverter CONVERTER = PayloadConverters.dataConverter();
  private static final String RUN = "0199c1f4-7d3b-7c2e-9d52-1b0b5a4c3d2e";
  private static final String TABLE = "0199c1f4-aaaa-7c2e-9d52-1b0b5a4c3d2e";
  private static final String WHY = "Step rewrite-group failed: UNAVAILABLE: Store is down";

  private static final CompactProgress MERGED =
      new CompactProgress(4, 40, 2, 1, 400, 40, 40_000, 9_000_000, 3_000_000, WHY);
  private static final CompactStep STEP =
      new CompactStep(RUN, "default", TABLE, true, true, 20_000, MERGED);
  private static final PlannedGroup GROUP = new PlannedGroup(17, 10, 1_000, 225_000);
  private static final CompactPlan PLAN = new CompactPlan(List.of(GROUP), 40, "Nothing is left");

  private static final ExpireProgress EXPIRED =
      new ExpireProgress("rows", 5, 12, 1, 2, 3, 4, 10, 1, 600, 50_000, 20_000, 200, WHY);
  private static final ExpireRun EXPIRE = new ExpireRun(RUN, "default", true, true, EXPIRED);

  private static final CollectProgress COLLECTED =
      new CollectProgress("default", "default/1.parquet", true, 3, 4, 40, 2, 20, 1, WHY);
  private static final CollectRun COLLECT = new CollectRun(RUN, true, true, COLLECTED);

  private static final ScheduledRun SCHEDULED =
      new ScheduledRun("expire/default", "EXPIRE", "default", 3_600_000, 3_300_000, true);

  static Stream<Record> payloads() {
    return Stream.of(
        new CompactInput("default", TABLE, "flights", true, true, true, 1_764_012_345_678L, MERGED),
        MERGED,
        new CompactResult(RUN, "failed", WHY, MERGED, PLAN, 812),
        STEP,
        PLAN,
        GROUP,
        new GroupInput(RUN, "default", 17),
        new RewriteResult(17, true, 1, 1_000, 20_000, 7, "The rewrite is over"),
        new PublishResult(true, 117L, 10, 1_000, 1, 990, "An input lives no more"),
        new CompactEnding(STEP, "failed", WHY),
        new CompactStatus("default", TABLE, "flights", "rewriting", 7, MERGED),
        new CompactDueInput("default", true),
        new DueTables(List.of(new DueTable(TABLE, "flights", 40))),
        new CompactDueResult(3, 2, 1),
        new ExpireInput("default", true, true, true, EXPIRED),
        EXPIRED,
        EXPIRE,
        new ExpireStep(5, 7, 12, 2, 1),
        new TrimPlan(List.of(GROUP), true, "No rows are too old"),
        new ForgetStep(100, true),
        new ExpireEnding(EXPIRE, "failed", WHY),
        new ExpireResult(RUN, "failed", WHY, EXPIRED, 812),
        new ExpireStatus("default", "rows", EXPIRED),
        new CollectInput(true, true, COLLECTED),
        COLLECTED,
        COLLECT,
        new CollectPlan(List.of("default", "other")),
        new MarkInput(RUN, "default", true, "default/1.parquet", COLLECTED),
        new MarkResult(4, 40, true, "default/2.parquet"),
        new SweepInput(RUN, true, "default/1.parquet", COLLECTED),
        new SweepResult(2, 20, 1, "Access denied", true, "default/2.parquet"),
        new CollectEnding(COLLECT, "failed", WHY),
        new CollectResult(RUN, "failed", WHY, COLLECTED, 812),
        new CollectStatus("sweeping", COLLECTED),
        SCHEDULED,
        new TimerInput(SCHEDULED, "The disk is full", 1_764_012_345_678L),
        new TimerStatus(SCHEDULED, "The disk is full", 12, 3));
  }

  @ParameterizedTest
  @MethodSource("payloads")
  void sampleOfTheFirstReleaseIsRead(Record payload) throws IOException {
    Path sample =
        Path.of(
            "src/test/resources/payloads/upkeep/v1-"
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
  void fullPlanFitsIntoTwoKilobytes() {
    CompactPlan full =
        new CompactPlan(
            LongStream.range(0, CompactPlan.MOST_GROUPS)
                .mapToObj(i -> new PlannedGroup(1_000_000_000 + i, 1_000, 10_000_000, 1L << 32))
                .toList(),
            2_000_000,
            null);

    assertThat(CONVERTER.toPayload(full).orElseThrow().getData().size()).isLessThan(2048);
  }

  @Test
  void whatANewerWorkerAddsIsIgnoredAndWhatAnOlderOneLeavesOutHasADefault() {
    assertThat(
            read(
                "{\"tenant\":\"default\",\"tableId\":\"t\",\"tableName\":\"flights\",\"later\":1}",
                CompactInput.class))
        .isEqualTo(CompactInput.scheduled("default", "t", "flights", false));
    assertThat(read("{\"tenant\":\"default\",\"later\":[1]}", ExpireInput.class))
        .isEqualTo(ExpireInput.scheduled("default", false));
    assertThat(read("{\"later\":1}", CollectInput.class)).isEqualTo(CollectInput.scheduled());
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
