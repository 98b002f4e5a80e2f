package io.duckmesh.bench.faults;

import io.duckmesh.bench.faults.Sender.Rows;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.BooleanSupplier;

/**
 * The ways of writing. Each runs until it is told to go on no more, and ends the request it has.
 */
final class Writers {
  private static final int LARGE = 200;
  private static final int LONGEST_PAUSE_MS = 60;
  private static final int REMEMBERED = 50;

  private Writers() {}

  /** With request keys, one request after the other, each until it is acknowledged. */
  static Runnable ordered(int writer, Client client, History history, Random random, Going going) {
    Sender sender = new Sender(Tables.ORDERED, writer, client, history, random);
    return () -> {
      long next = 0;
      for (long request = 0; going.on(); request++) {
        int rows = size(random);
        String key = "ordered-%d-%d".formatted(writer, request);
        Rows batch = new Rows(next, rows, 0, Tables.rows(writer, next, rows, 0));
        History.Write done = sender.untilDone(batch, key);
        if (done == null) {
          return;
        }
        if (random.nextInt(10) == 0) {
          // A client that lost its memory sends what was acknowledged once more.
          sender.untilDone(batch, key);
        }
        next += rows;
        Pause.millis(random.nextInt(LONGEST_PAUSE_MS));
      }
    };
  }

  /** As {@link #ordered}, to a table that is not there at times. */
  static Runnable turned(int writer, Client client, History history, Random random, Going going) {
    Sender sender = new Sender(Tables.TURNED, writer, client, history, random);
    return () -> {
      long next = 0;
      for (long request = 0; going.on(); request++) {
        int rows = size(random);
        Rows batch = new Rows(next, rows, 0, Tables.rows(writer, next, rows, 0));
        if (sender.untilDone(batch, "turned-%d-%d".formatted(writer, request)) == null) {
          return;
        }
        next += rows;
        Pause.millis(random.nextInt(5 * LONGEST_PAUSE_MS));
      }
    };
  }

  /** With event keys: new rows and, again and again, old ones with other values. */
  static Runnable keyed(int writer, Client client, History history, Random random, Going going) {
    Sender sender = new Sender(Tables.KEYED, writer, client, history, random);
    return () -> {
      long next = 0;
      List<Rows> landed = new ArrayList<>();
      while (going.on()) {
        boolean repeat = !landed.isEmpty() && random.nextInt(10) < 3;
        Rows batch =
            repeat
                ? variant(writer, landed.get(random.nextInt(landed.size())))
                : fresh(writer, next, size(random));
        if (sender.untilDone(batch, null) == null) {
          return;
        }
        if (!repeat) {
          next += batch.rows();
          landed.add(batch);
          if (landed.size() > REMEMBERED) {
            landed.remove(random.nextInt(landed.size()));
          }
        }
        Pause.millis(random.nextInt(LONGEST_PAUSE_MS));
      }
    };
  }

  /** Without keys: what is not answered is not sent again. */
  static Runnable bare(int writer, Client client, History history, Random random, Going going) {
    Sender sender = new Sender(Tables.BARE, writer, client, history, random);
    return () -> {
      long next = 0;
      while (going.on()) {
        int rows = size(random);
        History.Write write =
            sender.once(new Rows(next, rows, 0, Tables.rows(writer, next, rows, 0)), null);
        next += rows;
        Pause.millis(
            write.ending() == History.Ending.DONE ? random.nextInt(LONGEST_PAUSE_MS) : 300);
      }
    };
  }

  /** Whether a new request may begin. */
  interface Going {
    boolean on();

    static Going until(BooleanSupplier stopped) {
      return () -> !stopped.getAsBoolean() && !Thread.currentThread().isInterrupted();
    }
  }

  /** New rows, the last of which comes twice in the body: the first one counts. */
  private static Rows fresh(int writer, long first, int rows) {
    StringBuilder body = new StringBuilder(Tables.rows(writer, first, rows, 0));
    Tables.appendRow(body, writer, first + rows - 1, 1);
    return new Rows(first, rows, 0, body.toString());
  }

  private static Rows variant(int writer, Rows rows) {
    int variant = 1;
    return new Rows(
        rows.first(),
        rows.rows(),
        variant,
        Tables.rows(writer, rows.first(), rows.rows(), variant));
  }

  private static int size(Random random) {
    return random.nextBoolean() ? 1 : 1 + random.nextInt(LARGE);
  }
}
