package io.duckmesh.activities.protocol;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.duckmesh.activities.materialize.MaterializeActivitiesImpl;
import io.duckmesh.activities.materialize.MaterializeSettings;
import io.duckmesh.activities.materialize.OpenSteps;
import io.duckmesh.bus.BatchLimits;
import io.duckmesh.bus.EventBus;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.TableSchema;
import io.duckmesh.catalog.Tables;
import io.duckmesh.catalog.Watermarks;
import io.duckmesh.catalog.Writes;
import io.duckmesh.engine.objects.ObjectInfo;
import io.duckmesh.engine.objects.ObjectKey;
import io.duckmesh.engine.objects.ObjectStore;
import io.duckmesh.engine.objects.ObjectWriter;
import io.duckmesh.engine.parquet.RowSelection;
import io.duckmesh.engine.parquet.WrittenFile;
import io.duckmesh.engine.schema.RowSchema;
import io.duckmesh.workflows.materialize.ClaimedBatch;
import io.duckmesh.workflows.materialize.CommitInput;
import io.duckmesh.workflows.materialize.MaterializeActivities;
import io.duckmesh.workflows.materialize.ShardInput;
import io.temporal.activity.ActivityExecutionContext;
import io.temporal.activity.ActivityInfo;
import io.temporal.failure.ApplicationFailure;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * The real steps of the materializer, made to stand still at each call to log, catalog and store.
 *
 * <p>A step is a function of the answers that it gets. So the attempt of a step is the list of the
 * answers it has had: to learn what it does next, it is run from its beginning on the recorded
 * answers, up to the first call that has none. What was learned is kept, so real code runs once for
 * each different list of answers and not once for each history.
 */
final class StepCode implements AutoCloseable {
  static final Duration LEASE = Duration.ofHours(4);

  private static final MaterializeSettings SETTINGS =
      MaterializeSettings.DEFAULTS
          .withLimits(BatchLimits.DEFAULTS.withLinger(Duration.ZERO).withMaxWait(Duration.ZERO))
          .withLease(LEASE)
          .withBeat(Duration.ofHours(1))
          .withWriters(1);

  private final RootAllocator allocator = new RootAllocator();
  private final Map<Attempt, Standing> beginnings = new ConcurrentHashMap<>();
  private final AtomicInteger standings = new AtomicInteger();
  private final @Nullable Level level;
  private final MaterializeActivitiesImpl real;
  private final MaterializeActivities steps;

  // What the attempt that is being run has, from its caller; used under the lock of run().
  private Attempt attempt;
  private List<Call> recorded = List.of();
  private List<Answer> answers = List.of();
  private int answered;
  private @Nullable Call pending;

  /** Steps that a mutant may put something around. */
  interface Around {
    MaterializeActivities around(
        MaterializeActivities steps, EventBus bus, ObjectStore store, Seconds seconds);
  }

  /** Second halves of what is one transaction in the product: only mutants call them. */
  interface Seconds {
    void takeSnapshotId(long write);

    void moveWatermark(long write);

    void recordKeys(long write);
  }

  StepCode(Around around) {
    // The steps log every failure that they meet, and here they meet each a thousand times.
    level = logger().getLevel();
    logger().setLevel(Level.OFF);
    EventBus bus = calls(EventBus.class);
    ObjectStore store = calls(ObjectStore.class);
    this.real =
        OpenSteps.open(
            calls(Catalog.class),
            bus,
            store,
            SETTINGS,
            Clock.fixed(Instant.EPOCH, ZoneOffset.UTC),
            allocator,
            () -> new UUID(0, 0),
            StepCode::writeIds,
            this::context);
    this.steps = around.around(real, bus, store, calls(Seconds.class));
  }

  private static Logger logger() {
    return (Logger) LoggerFactory.getLogger("io.duckmesh");
  }

  enum Step {
    CLAIM,
    WRITE,
    COMMIT
  }

  /** An attempt of a step, with its input. From the third on, attempts are alike. */
  record Attempt(
      Step step, int number, String shard, @Nullable ClaimedBatch batch, long write, long lost) {
    static Attempt claim(String shard) {
      return new Attempt(Step.CLAIM, 1, shard, null, 0, 0);
    }

    static Attempt write(ClaimedBatch batch) {
      return new Attempt(Step.WRITE, 1, batch.shard(), batch, 0, 0);
    }

    static Attempt commit(ClaimedBatch batch, long write, long quarantined) {
      return new Attempt(Step.COMMIT, 1, batch.shard(), batch, write, quarantined);
    }

    Attempt next() {
      return new Attempt(step, Math.min(number + 1, 3), shard, batch, write, lost);
    }
  }

  /** A call that a step makes. */
  record Call(String name, List<Object> arguments) {
    @SuppressWarnings("unchecked")
    <T> T argument(int index) {
      return (T) arguments.get(index);
    }
  }

  /** What an attempt does next. */
  sealed interface Next {
    record Calls(Call call) implements Next {}

    record Returns(Object result) implements Next {}

    record Fails(String type, boolean retried, String message) implements Next {}
  }

  /** Where an attempt stands: the same code with the same answers. */
  final class Standing {
    final int id = standings.incrementAndGet();
    final Attempt attempt;
    final List<Call> calls;
    final List<Answer> answers;
    final Next next;
    private final Map<Answer, Standing> following = new ConcurrentHashMap<>();

    private Standing(Attempt attempt, List<Call> calls, List<Answer> answers) {
      this.attempt = attempt;
      this.calls = calls;
      this.answers = answers;
      this.next = run(attempt, calls, answers);
    }

    Standing answered(Answer answer) {
      Call call = ((Next.Calls) next).call();
      return following.computeIfAbsent(
          answer, added -> new Standing(attempt, append(calls, call), append(answers, added)));
    }
  }

  Standing begin(Attempt attempt) {
    return beginnings.computeIfAbsent(attempt, added -> new Standing(added, List.of(), List.of()));
  }

  /** How many different lists of answers the real code was run on. */
  int standings() {
    return standings.get();
  }

  @Override
  public void close() {
    logger().setLevel(level);
    real.close();
    // Fails if a step has not closed its buffers, wherever it was cut.
    allocator.close();
  }

  private synchronized Next run(Attempt attempt, List<Call> calls, List<Answer> given) {
    this.attempt = attempt;
    this.recorded = calls;
    this.answers = given;
    this.answered = 0;
    this.pending = null;
    try {
      Object result =
          switch (attempt.step()) {
            case CLAIM -> steps.claim(new ShardInput(attempt.shard()));
            case WRITE -> steps.write(attempt.batch());
            case COMMIT ->
                steps.commit(new CommitInput(attempt.batch(), attempt.write(), attempt.lost()));
          };
      return new Next.Returns(result);
    } catch (ApplicationFailure e) {
      return new Next.Fails(e.getType(), !e.isNonRetryable(), String.valueOf(e.getMessage()));
    } catch (Cut e) {
      return new Next.Calls(pending);
    }
  }

  /** Ends the run at a call that has no answer yet; no code of ours catches it. */
  private static final class Cut extends Error {
    private static final long serialVersionUID = 1L;

    Cut() {
      super("cut", null, false, false);
    }
  }

  /** Runs on the step's thread, or on its writer's while the step waits for it. */
  private @Nullable Object answer(Call call) {
    if (pending != null) {
      // What runs while the step is being cut is not part of the attempt.
      throw new Cut();
    }
    if (answered < answers.size()) {
      if (!recorded.get(answered).equals(call)) {
        throw new AssertionError(
            "Step is not a function of its answers: %s instead of %s"
                .formatted(call, recorded.get(answered)));
      }
      return answers.get(answered++).deliver();
    }
    pending = call;
    throw new Cut();
  }

  private <T> T calls(Class<T> type) {
    return type.cast(
        Proxy.newProxyInstance(
            StepCode.class.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> call(type, method, arguments)));
  }

  private @Nullable Object call(Class<?> type, Method method, Object @Nullable [] arguments) {
    if (type == Catalog.class) {
      return switch (method.getName()) {
        case "tables" -> calls(Tables.class);
        case "writes" -> calls(Writes.class);
        case "watermarks" -> calls(Watermarks.class);
        default -> throw new AssertionError("Steps have no use for " + method);
      };
    }
    if (type == Tables.class && method.getName().equals("findSchema")) {
      // A schema version never changes, and steps keep it from one attempt to the next.
      return Optional.of(new TableSchema(1, Case.COLUMNS));
    }
    if (type == ObjectStore.class && method.getName().equals("create")) {
      return new IdsWriter((ObjectKey) arguments[0]);
    }
    return answer(
        new Call(
            type.getSimpleName() + "." + method.getName(),
            arguments == null ? List.of() : List.copyOf(Arrays.asList(arguments))));
  }

  /** The bytes are gathered here, and made known to the store at once. */
  private final class IdsWriter implements ObjectWriter {
    private final ObjectKey key;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    IdsWriter(ObjectKey key) {
      this.key = key;
    }

    @Override
    public OutputStream stream() {
      return bytes;
    }

    @Override
    public ObjectInfo publish() {
      answer(
          new Call(
              "ObjectWriter.publish", List.of(key, bytes.toString(StandardCharsets.US_ASCII))));
      return new ObjectInfo(key, bytes.size(), Instant.EPOCH);
    }

    @Override
    public void close() {
      // Nothing is known of it unless it was published.
    }
  }

  private static WrittenFile writeIds(RowSchema schema, List<RowSelection> rows, OutputStream out)
      throws IOException {
    List<Long> ids = new ArrayList<>();
    for (RowSelection selection : rows) {
      BigIntVector column = (BigIntVector) selection.rows().columns().getVector("id");
      IntStream.range(0, selection.rows().rowCount())
          .filter(row -> selection.selected() == null || selection.selected().get(row))
          .forEach(row -> ids.add(column.get(row)));
    }
    byte[] bytes =
        ids.stream()
            .map(String::valueOf)
            .collect(Collectors.joining(","))
            .getBytes(StandardCharsets.US_ASCII);
    out.write(bytes);
    return new WrittenFile(ids.size(), bytes.length, "hash of " + ids, List.of());
  }

  private ActivityExecutionContext context() {
    ActivityInfo info =
        fixed(
            ActivityInfo.class,
            Map.of(
                "getAttempt", () -> attempt.number(),
                "getWorkflowRunId", () -> "run",
                "getActivityId", () -> "step"));
    return fixed(
        ActivityExecutionContext.class, Map.of("getInfo", () -> info, "heartbeat", () -> null));
  }

  private static <T> T fixed(Class<T> type, Map<String, Supplier<Object>> values) {
    return type.cast(
        Proxy.newProxyInstance(
            StepCode.class.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> values.get(method.getName()).get()));
  }

  private static <T> List<T> append(List<T> list, T added) {
    List<T> longer = new ArrayList<>(list);
    longer.add(added);
    return List.copyOf(longer);
  }
}
