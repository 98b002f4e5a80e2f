package io.duckmesh.activities.protocol;

import io.duckmesh.bus.BatchId;
import io.duckmesh.bus.BusUnavailableException;
import io.duckmesh.bus.LeaseLostException;
import io.duckmesh.bus.ShardId;
import io.duckmesh.catalog.CatalogUnavailableException;
import io.duckmesh.catalog.CommitConflictException;
import io.duckmesh.catalog.CommitStateUnknownException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a call of a step was answered. Equal answers let the same code go on in the same way. */
sealed interface Answer {
  /** Delivers it to the code that called. */
  @Nullable Object deliver();

  Answer DONE = new Value(null);

  record Value(@Nullable Object value) implements Answer {
    @Override
    public @Nullable Object deliver() {
      return value;
    }
  }

  /** A list that is handed out as a stream. */
  record Rows(List<?> rows) implements Answer {
    public Rows {
      rows = List.copyOf(rows);
    }

    @Override
    public Object deliver() {
      return rows.stream();
    }
  }

  /** The call can not be made now: its caller waits. */
  record Blocked() implements Answer {
    @Override
    public Object deliver() {
      throw new IllegalStateException("A call that waits has no answer");
    }
  }

  record Thrown(Trouble trouble) implements Answer {
    @Override
    public Object deliver() {
      throw trouble.exception();
    }
  }

  /** How a call fails. */
  enum Trouble {
    CONFLICT,
    LEASE_LOST,
    CATALOG_UNAVAILABLE,
    COMMIT_STATE_UNKNOWN,
    BUS_UNAVAILABLE,
    BUS_STATE_UNKNOWN,
    OBJECT_EXISTS,
    MISUSE;

    private RuntimeException exception() {
      return switch (this) {
        case CONFLICT -> new CommitConflictException("Watermark has moved");
        case LEASE_LOST -> new LeaseLostException(new BatchId(new ShardId("shard"), 1));
        case CATALOG_UNAVAILABLE ->
            new CatalogUnavailableException("Catalog does not answer", new Exception("cut"));
        case COMMIT_STATE_UNKNOWN ->
            new CommitStateUnknownException("Answer of the commit is lost", new Exception("cut"));
        case BUS_UNAVAILABLE -> new BusUnavailableException("Log does not answer", false, null);
        case BUS_STATE_UNKNOWN -> new BusUnavailableException("Answer is lost", true, null);
        case OBJECT_EXISTS, MISUSE -> new IllegalStateException("Contract broken: " + this);
      };
    }
  }
}
