package io.duckmesh.engine.merge.duckdb;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.WRITE;

import io.duckmesh.engine.merge.MergeFailedException;
import io.duckmesh.engine.merge.MergeSource;
import io.duckmesh.engine.objects.CorruptObjectException;
import io.duckmesh.engine.objects.ObjectStore;
import io.duckmesh.engine.objects.ObjectStoreUnavailableException;
import io.duckmesh.engine.parquet.FileFooter;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Copies an order's files from the store into a folder, and checks each. What is merged are these
 * bytes, whatever happens to the objects meanwhile.
 */
final class SourceFetch {
  /** Requests to a store that is far away wait for each other. */
  private static final int THREADS = 4;

  private static final int BUFFER_BYTES = 256 << 10;

  private final ObjectStore store;
  private final Path folder;

  SourceFetch(ObjectStore store, Path folder) {
    this.store = store;
    this.folder = folder;
  }

  /** No thread of this runs any more when it returns or throws. */
  Sources fetch(List<MergeSource> sources, Ticker ticker) {
    List<Path> files = new ArrayList<>();
    List<Future<FileFooter>> fetches = new ArrayList<>();
    ExecutorService threads =
        Executors.newFixedThreadPool(
            Math.min(THREADS, sources.size()),
            Thread.ofPlatform().name("merge-fetch-", 0).daemon().factory());
    boolean fetched = false;
    try {
      for (MergeSource source : sources) {
        Path file = folder.resolve("source-%05d.parquet".formatted(files.size()));
        files.add(file);
        fetches.add(threads.submit(() -> fetch(source, file)));
      }
      List<FileFooter> footers = new ArrayList<>();
      for (Future<FileFooter> fetch : fetches) {
        footers.add(await(fetch, ticker));
      }
      fetched = true;
      return Sources.of(files, footers);
    } finally {
      end(threads, fetched);
    }
  }

  private static FileFooter await(Future<FileFooter> fetch, Ticker ticker) {
    try {
      return ticker.await(fetch, () -> {});
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw new MergeFailedException("A file can not be fetched", e);
    }
  }

  private static void end(ExecutorService threads, boolean fetched) {
    if (fetched) {
      threads.shutdown();
      return;
    }
    threads.shutdownNow();
    boolean interrupted = Thread.interrupted();
    try {
      var unused = threads.awaitTermination(Long.MAX_VALUE, TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      interrupted = true;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private FileFooter fetch(MergeSource source, Path file) {
    MessageDigest digest = sha256();
    long size = 0;
    try (InputStream body = store.open(source.key());
        OutputStream out = create(source, file)) {
      byte[] buffer = new byte[BUFFER_BYTES];
      for (int count = read(source, body, buffer);
          count >= 0 && size <= source.sizeBytes();
          count = read(source, body, buffer)) {
        size += count;
        digest.update(buffer, 0, count);
        out.write(buffer, 0, count);
      }
    } catch (IOException e) {
      throw new MergeFailedException(
          "Cannot copy object %s for merging: %s".formatted(source.key(), e), e);
    }
    if (size != source.sizeBytes()) {
      throw new CorruptObjectException(source.key(), source.sizeBytes(), size);
    }
    String hash = HexFormat.of().formatHex(digest.digest());
    if (!hash.equals(source.contentHash())) {
      throw new CorruptObjectException(source.key(), source.contentHash(), hash);
    }
    try {
      return FileFooter.read(file);
    } catch (IOException | RuntimeException e) {
      throw new MergeFailedException(
          "Object %s is what was published, but no Parquet file: %s".formatted(source.key(), e), e);
    }
  }

  private static OutputStream create(MergeSource source, Path file) {
    try {
      return Files.newOutputStream(file, CREATE_NEW, WRITE);
    } catch (IOException e) {
      throw new MergeFailedException(
          "Cannot copy object %s for merging: %s".formatted(source.key(), e), e);
    }
  }

  private static int read(MergeSource source, InputStream body, byte[] buffer) {
    if (Thread.currentThread().isInterrupted()) {
      throw new MergeFailedException("Nobody waits any more for object %s".formatted(source.key()));
    }
    try {
      return body.read(buffer);
    } catch (IOException e) {
      throw new ObjectStoreUnavailableException(
          "Cannot read object %s: %s".formatted(source.key(), e), e);
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256", e);
    }
  }
}
