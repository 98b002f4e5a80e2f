package io.duckmesh.activities.materialize;

import io.duckmesh.bus.EventBus;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.engine.objects.ObjectStore;
import io.duckmesh.engine.parquet.RowSelection;
import io.duckmesh.engine.parquet.WrittenFile;
import io.duckmesh.engine.schema.RowSchema;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.temporal.activity.ActivityExecutionContext;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Clock;
import java.util.List;
import java.util.UUID;
import java.util.function.Supplier;
import org.apache.arrow.memory.BufferAllocator;

/** The steps for tests of other packages, with a file format and an attempt of their own. */
public final class OpenSteps {
  private OpenSteps() {}

  /** How rows become the bytes of a file. */
  public interface Format {
    WrittenFile write(RowSchema schema, List<RowSelection> rows, OutputStream out)
        throws IOException;
  }

  /** The caller closes them. */
  public static MaterializeActivitiesImpl open(
      Catalog catalog,
      EventBus bus,
      ObjectStore store,
      MaterializeSettings settings,
      Clock clock,
      BufferAllocator allocator,
      Supplier<UUID> ids,
      Format format,
      Supplier<ActivityExecutionContext> context) {
    return new MaterializeActivitiesImpl(
        catalog,
        bus,
        store,
        settings,
        clock,
        new SimpleMeterRegistry(),
        allocator,
        ids,
        LandingListener.NONE,
        format::write,
        context);
  }
}
