package io.duckmesh.activities;

/** Something that goes on beside the workers of a process. */
public interface Background extends AutoCloseable {
  /** Begins at once, on a thread of its own. To be called once. */
  void start();

  /** Ends the thread, and waits for that. */
  @Override
  void close();
}
