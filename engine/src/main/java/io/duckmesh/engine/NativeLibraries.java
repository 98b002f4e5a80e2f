package io.duckmesh.engine;

import com.github.luben.zstd.util.Native;
import org.apache.arrow.c.jni.JniLoader;

/**
 * Native code that the libraries unpack to a temporary file when they are first used. One that can
 * not be unpacked then, because the disk is full, stays unusable as long as the process lives, so a
 * process loads it before it serves anybody. DuckDB's is loaded when a query engine is opened.
 */
public final class NativeLibraries {
  private NativeLibraries() {}

  /**
   * Loads what is not loaded. Repeatable.
   *
   * @throws LinkageError if one can not be unpacked or does not fit this machine
   */
  public static void load() {
    Native.load();
    JniLoader.get().ensureLoaded();
  }
}
