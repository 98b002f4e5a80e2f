package io.duckmesh.worker.cli;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/**
 * Sends a file in chunks. Each chunk has an idempotency key made from its rows and their place in
 * the input, so sending them again after any failure, in this run or the next and under whatever
 * name, adds nothing twice.
 */
@Command(
    name = "ingest",
    description = "Sends NDJSON or JSON, plain or gzipped, from a file or standard input.",
    footer = {
      "",
      "Sending the same rows again from a file, whatever its name, is safe: what was",
      "accepted before is recognised by its content and its place, and not added",
      "twice. To add it again, give --run NAME. Standard input is always new, unless",
      "--run NAME says which input it is.",
      "",
      "Examples:",
      "  duckmesh ingest flights flights.ndjson.gz --schema flights.json --wait",
      "  echo '{\"id\": 1}' | duckmesh ingest events --wait"
    })
public final class IngestCommand implements Callable<Integer> {
  private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(60);
  private static final Duration WAIT_STEP = Duration.ofSeconds(10);
  private static final int SHOWN_ERRORS = 20;

  /** More than this are no help to people, nor to a command line. */
  private static final int SHOWN_TOKENS = 16;

  private final long began = System.nanoTime();

  @Mixin private final GatewayOptions gatewayOptions = new GatewayOptions();

  @Parameters(index = "0", paramLabel = "TABLE", description = "The table.")
  private String table = "";

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "FILE",
      description = "The file; - or nothing reads standard input.")
  private @Nullable String file;

  @Option(
      names = "--schema",
      paramLabel = "FILE",
      description = "Creates the table from this JSON first, if it does not exist.")
  private @Nullable Path schema;

  @Option(names = "--wait", description = "Waits until everything is visible to queries.")
  private boolean waitVisible;

  @Option(
      names = "--wait-timeout",
      paramLabel = "SECONDS",
      defaultValue = "120",
      description = "How long --wait waits. Default: ${DEFAULT-VALUE}.")
  private int waitSeconds;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description = "ndjson or json. Default: by content and by the file's name.")
  private @Nullable String format;

  @Option(
      names = "--chunk-rows",
      paramLabel = "N",
      defaultValue = "10000",
      description = "Rows of a request at most. Default: ${DEFAULT-VALUE}.")
  private int chunkRows;

  @Option(
      names = "--chunk-bytes",
      paramLabel = "N",
      defaultValue = "4194304",
      description =
          "Bytes of a request at most, except for a longer row. Default: ${DEFAULT-VALUE}.")
  private int chunkBytes;

  @Option(
      names = "--in-flight",
      paramLabel = "N",
      defaultValue = "4",
      description = "Requests under way at once. Default: ${DEFAULT-VALUE}.")
  private int inFlight;

  @Option(
      names = "--gzip",
      negatable = true,
      description = "Compresses requests. Default: not towards this machine.")
  private @Nullable Boolean gzip;

  @Option(
      names = "--run",
      paramLabel = "NAME",
      description = "Names this run: the same file under another name is added again.")
  private @Nullable String run;

  @Option(
      names = "--patience",
      paramLabel = "SECONDS",
      defaultValue = "120",
      description = "How long to try again while the gateway is away. Default: ${DEFAULT-VALUE}.")
  private int patienceSeconds;

  @Option(
      names = {"-q", "--quiet"},
      description = "No progress, only the summary.")
  private boolean quiet;

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (chunkRows < 1 || chunkBytes < 1 || inFlight < 1) {
      throw new CommandFailedException(
          "--chunk-rows, --chunk-bytes and --in-flight must be positive");
    }
    Gateway gateway = gatewayOptions.gateway();
    Progress progress = new Progress("ingest " + table, quiet);
    Sender sender = new Sender(Duration.ofSeconds(patienceSeconds), progress::note);
    if (schema != null) {
      TablesCommand.createIfAbsent(gateway, sender, table, TablesCommand.readSchema(schema));
    }
    JsonNode described =
        sender.send(() -> gateway.get("/v1/tables/" + Gateway.encode(table), REQUEST_TIMEOUT));
    // Where rows replace each other, their order counts.
    int requests = described.path("primary_key").isEmpty() ? inFlight : 1;
    boolean oneShard = described.path("shards").size() <= 1;

    Sent sent = sendAll(gateway, sender, progress, requests);
    progress.clear();
    if (sent.failure() != null) {
      report(sent);
      throw sent.failure();
    }
    Duration sendTime = progress.elapsed();
    if (waitVisible) {
      awaitVisible(gateway, sender, sent, progress);
    }
    List<String> tokens = tokens(gateway, sender, sent, oneShard);
    summarize(sent, tokens, sendTime, progress);
    return 0;
  }

  /** What was sent: requests that were accepted, by the ordinal of their chunk. */
  private record Sent(
      ConcurrentSkipListMap<Integer, Chunk> chunks,
      ConcurrentSkipListMap<Integer, AcceptedRequest> requests,
      AtomicReference<@Nullable RuntimeException> firstFailure,
      AtomicReference<@Nullable Chunk> failedChunk,
      boolean repeatable) {
    @Nullable RuntimeException failure() {
      return firstFailure.get();
    }
  }

  private Sent sendAll(Gateway gateway, Sender sender, Progress progress, int requests)
      throws IOException, InterruptedException {
    Path path = file == null || file.equals("-") ? null : Path.of(file);
    if (path != null && !Files.exists(path)) {
      throw new CommandFailedException("No such file: " + path);
    }
    if (path != null && Files.isDirectory(path)) {
      throw new CommandFailedException(
          "%s is a folder. Give one of its files, or send all of them through a pipe"
              .formatted(path));
    }
    boolean named = path != null && isNamed(path);
    String input = path == null ? "standard input" : path.toString();
    // The same line typed twice is two events, so what comes through a pipe is a run of its own.
    boolean repeatable = named || run != null;
    String runName = repeatable ? String.valueOf(run) : "pipe:" + UUID.randomUUID();
    Sent sent =
        new Sent(
            new ConcurrentSkipListMap<>(),
            new ConcurrentSkipListMap<>(),
            new AtomicReference<>(),
            new AtomicReference<>(),
            repeatable);
    long size = path == null || !named ? 0 : Files.size(path);
    CountingInput counting =
        new CountingInput(path == null ? System.in : Files.newInputStream(path));
    boolean compress = gzip == null ? !gateway.local() : gzip;
    Semaphore slots = new Semaphore(requests);
    IOException unreadable = null;
    long rowsBefore = 0;
    try (Interruption interruption = new Interruption(unknown -> tellInterrupted(sent, unknown));
        Chunks chunks =
            Chunks.read(counting, expectJson(named ? path : null), chunkRows, chunkBytes);
        ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      while (sent.failure() == null) {
        Optional<Chunk> next = chunks.next();
        if (next.isEmpty()) {
          break;
        }
        while (!slots.tryAcquire(200, java.util.concurrent.TimeUnit.MILLISECONDS)) {
          progress.show();
        }
        if (size > 0) {
          progress.percent((int) Math.min(100, counting.count() * 100 / size));
        }
        progress.show();
        Chunk chunk = next.get();
        String key = idempotencyKey(runName, rowsBefore, chunk);
        rowsBefore += chunk.rows();
        if (!interruption.begin(chunk)) {
          slots.release();
          break;
        }
        executor.execute(
            () -> {
              try {
                AcceptedRequest accepted = post(gateway, sender, chunk, key, compress);
                sent.requests().put(chunk.ordinal(), accepted);
                sent.chunks().put(chunk.ordinal(), withoutBody(chunk));
                progress.add(chunk.rows());
              } catch (RuntimeException e) {
                if (sent.firstFailure().compareAndSet(null, e)) {
                  sent.failedChunk().set(chunk);
                }
              } finally {
                interruption.ended(chunk);
                slots.release();
              }
            });
      }
      while (!slots.tryAcquire(requests, 200, java.util.concurrent.TimeUnit.MILLISECONDS)) {
        progress.show();
      }
      interruption.awaitEndIfAsked();
    } catch (IOException e) {
      unreadable = e;
    }
    if (unreadable != null && sent.failure() == null) {
      throw new CommandFailedException(unreadable(input, unreadable, sent), unreadable);
    }
    if (sent.failure() == null && sent.requests().isEmpty()) {
      throw new CommandFailedException("There is nothing to send: %s has no rows".formatted(input));
    }
    return sent;
  }

  /** False for pipes, which are files to the system: {@code /dev/stdin}, {@code <(command)}. */
  private static boolean isNamed(Path path) {
    return Files.isRegularFile(path) && !path.startsWith("/dev") && !path.startsWith("/proc");
  }

  private static String unreadable(String input, IOException reason, Sent sent) {
    String text =
        "Cannot read %s to its end: %s. ".formatted(input, Terminal.describe(reason))
            + "It is damaged, or not complete. ";
    return sent.chunks().isEmpty()
        ? text + "Nothing of it was accepted"
        : text + "Accepted were lines " + ranges(sent);
  }

  private AcceptedRequest post(
      Gateway gateway, Sender sender, Chunk chunk, String key, boolean compress) {
    Map<String, String> headers = new HashMap<>();
    headers.put("Content-Type", "application/x-ndjson");
    headers.put("Idempotency-Key", key);
    byte[] body = compress ? compressed(chunk.body()) : chunk.body();
    if (compress) {
      headers.put("Content-Encoding", "gzip");
    }
    String path = "/v1/tables/" + Gateway.encode(table) + "/events";
    // Where a try broke off, the next one may find the events there that this run has added.
    AtomicBoolean brokeOff = new AtomicBoolean();
    return sender.send(
        () -> {
          long sentAt = System.nanoTime() - began;
          try {
            Gateway.Written written = gateway.write(path, headers, body, REQUEST_TIMEOUT);
            return new AcceptedRequest(
                written.answer(),
                written.replayed() && !brokeOff.get(),
                !written.replayed(),
                sentAt,
                System.nanoTime() - began);
          } catch (UnreachableException e) {
            brokeOff.set(true);
            throw e;
          }
        });
  }

  /** Puts the receipts after the wait in the place of the first answers. */
  private void awaitVisible(Gateway gateway, Sender sender, Sent sent, Progress progress) {
    long deadline = System.nanoTime() + Duration.ofSeconds(waitSeconds).toNanos();
    if (!quiet && Terminal.errIsTerminal()) {
      progress.note("waiting until %,d rows are visible".formatted(progress.rows()));
    }
    for (Map.Entry<Integer, AcceptedRequest> entry : sent.requests().entrySet()) {
      String id = entry.getValue().receiptId();
      AcceptedRequest request =
          entry.getValue().withReceipt(ReceiptsCommand.await(gateway, sender, id, WAIT_STEP));
      while (!request.landed()) {
        if (System.nanoTime() > deadline) {
          throw new CommandFailedException(
              ("Everything is durable, but not all is visible after %d s."
                      + " Look at `duckmesh lag`, or wait on with: duckmesh receipts %s --wait")
                  .formatted(waitSeconds, id));
        }
        request = request.withReceipt(ReceiptsCommand.await(gateway, sender, id, WAIT_STEP));
      }
      sent.requests().put(entry.getKey(), request);
    }
  }

  /** Tokens that cover everything that was sent, as few as the receipts allow. */
  private static List<String> tokens(Gateway gateway, Sender sender, Sent sent, boolean oneShard) {
    List<AcceptedRequest> candidates = TokenCover.candidates(sent.requests().values(), oneShard);
    if (candidates.size() > 1) {
      candidates =
          candidates.stream()
              .map(
                  request ->
                      request.receipt().has("landed")
                          ? request
                          : request.withReceipt(
                              ReceiptsCommand.look(gateway, sender, request.receiptId())))
              .toList();
    }
    return TokenCover.tokens(candidates, oneShard);
  }

  private void summarize(Sent sent, List<String> tokens, Duration sendTime, Progress progress) {
    Collection<AcceptedRequest> requests = sent.requests().values();
    long rows = sent.chunks().values().stream().mapToLong(Chunk::rows).sum();
    Terminal.out()
        .println(
            "%s in %s, %.1f s, %,d rows/s"
                .formatted(
                    counted(rows, "row"),
                    counted(requests.size(), "request"),
                    sendTime.toMillis() / 1000.0,
                    (long) (rows / Math.max(0.001, sendTime.toNanos() / 1e9))));
    String accepted = "accepted %,d".formatted(sum(requests, "accepted"));
    if (waitVisible) {
      accepted +=
          ", of them visible %,d, duplicates %,d, quarantined %,d (at snapshot %d, after %.1f s)"
              .formatted(
                  requests.stream().mapToLong(AcceptedRequest::visible).sum(),
                  sum(requests, "duplicates"),
                  sum(requests, "quarantined"),
                  requests.stream()
                      .mapToLong(request -> request.count("snapshot_id"))
                      .max()
                      .orElse(0),
                  progress.elapsed().toMillis() / 1000.0);
    }
    Terminal.out().println(accepted);
    long replayed = requests.stream().filter(AcceptedRequest::replayed).count();
    if (replayed > 0) {
      Terminal.out()
          .println(
              "%,d of %s had been accepted before: nothing was added for %s (--run NAME adds the same rows again)"
                  .formatted(
                      replayed,
                      counted(requests.size(), "request"),
                      replayed == 1 ? "it" : "them"));
    }
    String last = sent.requests().lastEntry().getValue().receiptId();
    Terminal.out()
        .println(
            requests.size() == 1
                ? "receipt: " + last
                : "receipt: %s (of the last request)".formatted(last));
    if (!waitVisible && tokens.size() > SHOWN_TOKENS) {
      Terminal.out()
          .println(
              "tokens:  %,d, too many to show; the same command with --wait prints one for each shard"
                  .formatted(tokens.size()));
    } else {
      tokens.forEach(token -> Terminal.out().println("token:   " + token));
    }
  }

  private static long sum(Collection<AcceptedRequest> requests, String field) {
    return requests.stream().mapToLong(request -> request.count(field)).sum();
  }

  /** Says how far an interrupted run came, and how to go on. */
  private static void tellInterrupted(Sent sent, Collection<Chunk> unknown) {
    long rows = sent.chunks().values().stream().mapToLong(Chunk::rows).sum();
    Terminal.err()
        .println(
            sent.chunks().isEmpty()
                ? "Interrupted. Nothing is known to be accepted."
                : "Interrupted. Accepted were %s: lines %s."
                    .formatted(counted(rows, "row"), ranges(sent)));
    for (Chunk chunk : unknown) {
      Terminal.err()
          .println(
              "Lines %d to %d were sent and not answered: they may have been accepted."
                  .formatted(chunk.firstLine(), chunk.lastLine()));
    }
    Terminal.err().println(howToGoOn(sent, unknown));
  }

  private static String howToGoOn(Sent sent, Collection<Chunk> unknown) {
    if (sent.repeatable()) {
      return "Run the same command on the same input again: what was accepted is not added twice.";
    }
    if (!unknown.isEmpty()) {
      return "Without --run NAME a repeated input is a new one: what is sent again is there twice.";
    }
    boolean gapless =
        sent.chunks().isEmpty() || sent.chunks().lastKey() == sent.chunks().size() - 1;
    return gapless
        ? "To go on, send what follows line %d."
            .formatted(
                sent.chunks().isEmpty() ? 0 : sent.chunks().lastEntry().getValue().lastLine())
        : "To go on, send the other lines.";
  }

  /** Explains what was refused, by the lines of the input, and what was taken before. */
  private void report(Sent sent) {
    Chunk chunk = sent.failedChunk().get();
    if (chunk == null) {
      return;
    }
    if (sent.failure() instanceof RefusedException refusal) {
      for (JsonNode error : errors(refusal.problem())) {
        Terminal.err().println(errorLine(chunk, error));
      }
    }
    String lines =
        chunk.firstLine() == chunk.lastLine()
            ? "Line %d was not accepted.".formatted(chunk.firstLine())
            : "Lines %d to %d were not accepted.".formatted(chunk.firstLine(), chunk.lastLine());
    if (sent.chunks().isEmpty()) {
      Terminal.err().println(lines + " Nothing was.");
      return;
    }
    Terminal.err().println(lines + " Accepted were lines " + ranges(sent) + ".");
    // Where chunks are cut by bytes, mending one moves the borders of those behind it.
    boolean sameBorders = chunk.rows() == chunkRows || sent.chunks().lastKey() < chunk.ordinal();
    Terminal.err()
        .println(
            sameBorders && sent.repeatable()
                ? "Mend the lines and run the same command again: what was accepted is not added twice."
                : "Mend the lines and send them in a file of their own.");
  }

  private static String counted(long number, String what) {
    return "%,d %s%s".formatted(number, what, number == 1 ? "" : "s");
  }

  private static List<JsonNode> errors(JsonNode problem) {
    JsonNode errors = problem.path("errors");
    if (!errors.isArray()) {
      errors = problem.path("context").path("errors");
    }
    List<JsonNode> first = new ArrayList<>();
    for (JsonNode error : errors) {
      if (first.size() < SHOWN_ERRORS) {
        first.add(error);
      }
    }
    return first;
  }

  private static String errorLine(Chunk chunk, JsonNode error) {
    StringBuilder line = new StringBuilder("line " + chunk.line(error.path("row").asLong(1)));
    if (error.path("column").isString()) {
      line.append(", column ").append(error.path("column").asString());
    }
    line.append(": ").append(error.path("rule").asString(error.path("message").asString("")));
    if (error.path("value").isString()) {
      line.append(", found ").append(error.path("value").asString());
    }
    return line.toString();
  }

  private static String ranges(Sent sent) {
    List<String> ranges = new ArrayList<>();
    long from = -1;
    long to = -1;
    int previous = -2;
    for (Chunk chunk : sent.chunks().values()) {
      if (chunk.ordinal() != previous + 1) {
        if (from > 0) {
          ranges.add(from + " to " + to);
        }
        from = chunk.firstLine();
      }
      to = chunk.lastLine();
      previous = chunk.ordinal();
    }
    ranges.add(from + " to " + to);
    return String.join(", ", ranges);
  }

  private boolean expectJson(@Nullable Path path) {
    if (format != null) {
      return switch (format) {
        case "json" -> true;
        case "ndjson" -> false;
        default -> throw new CommandFailedException("--format is ndjson or json, not " + format);
      };
    }
    if (path == null) {
      return false;
    }
    String name = path.getFileName().toString();
    return name.endsWith(".json") || name.endsWith(".json.gz");
  }

  private String idempotencyKey(String runName, long rowsBefore, Chunk chunk) {
    MessageDigest digest = sha256();
    for (String part : List.of(table, runName, String.valueOf(rowsBefore))) {
      digest.update(part.getBytes(StandardCharsets.UTF_8));
      digest.update((byte) 0);
    }
    digest.update(chunk.body());
    return "cli-" + HexFormat.of().formatHex(digest.digest(), 0, 16);
  }

  private static Chunk withoutBody(Chunk chunk) {
    return new Chunk(
        chunk.ordinal(), chunk.firstLine(), chunk.lastLine(), null, chunk.rows(), new byte[0]);
  }

  private static byte[] compressed(byte[] body) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(body.length / 4 + 64);
    try (GZIPOutputStream zip = new GZIPOutputStream(out)) {
      zip.write(body);
    } catch (IOException e) {
      throw new IllegalStateException("Compressing in memory failed", e);
    }
    return out.toByteArray();
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every JDK has SHA-256", e);
    }
  }

  /** Counts what is read of the file, compressed or not, for the progress in percent. */
  private static final class CountingInput extends FilterInputStream {
    private long count;

    CountingInput(InputStream in) {
      super(in instanceof BufferedInputStream ? in : new BufferedInputStream(in, 1 << 16));
    }

    long count() {
      return count;
    }

    @Override
    public int read() throws IOException {
      int value = super.read();
      if (value >= 0) {
        count++;
      }
      return value;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      int read = super.read(target, offset, length);
      if (read > 0) {
        count += read;
      }
      return read;
    }
  }
}
