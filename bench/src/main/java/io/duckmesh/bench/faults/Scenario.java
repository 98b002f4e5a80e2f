package io.duckmesh.bench.faults;

import java.util.Locale;

/** One particular fault during load, and what has to be true of it beside everything else. */
enum Scenario {
  /** A materializer dies in the middle of a batch and stays dead: the rest lands within 30 s. */
  MATERIALIZER_DIES {
    @Override
    void run(Stage stage) {
      for (int materializer = 0; materializer < 2; materializer++) {
        Pause.millis(LOAD_MS);
        stage.dieInBatch(materializer);
      }
    }
  },

  /** PostgreSQL is killed and started again. */
  POSTGRES_CRASHES {
    @Override
    void run(Stage stage) {
      Pause.millis(LOAD_MS);
      stage.inject(FaultKind.KILL_POSTGRES, 0);
      Pause.millis(LOAD_MS);
      stage.inject(FaultKind.KILL_POSTGRES, 5_000);
      Pause.millis(LOAD_MS);
    }
  },

  /** Temporal is away for a minute: writes and queries go on. */
  TEMPORAL_STOPS {
    @Override
    void run(Stage stage) {
      Pause.millis(LOAD_MS);
      stage.injectWhileWritesGoOn(FaultKind.KILL_TEMPORAL, MINUTE_MS);
      Pause.millis(LOAD_MS);
    }
  },

  /** The S3 server is away for a minute: writes go on. */
  S3_STOPS {
    @Override
    void run(Stage stage) {
      Pause.millis(LOAD_MS);
      stage.injectWhileWritesGoOn(FaultKind.KILL_S3, MINUTE_MS);
      Pause.millis(LOAD_MS);
    }
  },

  /** A compactor is killed thirty times, at each step boundary of its jobs. */
  COMPACTOR_DIES {
    @Override
    void run(Stage stage) {
      Pause.millis(LOAD_MS);
      int kills = 0;
      for (int round = 0; kills < KILLS && round < MOST_ROUNDS; round++) {
        for (Step step : Step.values()) {
          if (kills < KILLS && stage.dieAt(step, 3 * MINUTE_MS)) {
            kills++;
          } else if (kills < KILLS && round == 0) {
            stage.neverReached(step);
          }
        }
      }
      Pause.millis(LOAD_MS);
    }
  };

  private static final int KILLS = 30;
  private static final int MOST_ROUNDS = 4;

  private static final long LOAD_MS = 10_000;
  private static final long MINUTE_MS = 60_000;

  /** Returns when the last fault is mended. */
  abstract void run(Stage stage);

  /** The scenario of that name, as {@link #toString} writes it. */
  static Scenario named(String name) {
    return valueOf(name.toUpperCase(Locale.ROOT).replace('-', '_'));
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
