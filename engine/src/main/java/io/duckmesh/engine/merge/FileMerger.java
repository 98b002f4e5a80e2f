package io.duckmesh.engine.merge;

import java.io.IOException;
import java.io.OutputStream;

/** Puts the rows of data files into one. May be used from any thread, several merges at a time. */
public interface FileMerger extends AutoCloseable {
  /**
   * Reads the order's files and writes one with all their rows, or those that its cutoff leaves.
   * Rows are sorted by the sort columns, ascending with null last (and NaN above all numbers);
   * those that are equal there stay in the order of the sources and of rows in them. The file is of
   * the same kind as one that {@link io.duckmesh.engine.parquet.DataFileWriter} writes: columns by
   * field id in the order's schema, statistics, and row groups of a bounded size.
   *
   * <p>Every source is read once and whole, and its size and hash are compared with what was
   * published, before the first byte is written. Nothing is changed but {@code out} and a folder of
   * this machine, which is deleted at the end; so a merge may be repeated at will. The same order
   * gives the same rows in the same order again, though perhaps not the same bytes.
   *
   * <p>A thread that is interrupted stops soon.
   *
   * @param out takes the bytes as they come, is not flushed or closed; when this throws, or answers
   *     that no row is left, what is in it is not a file
   * @param progress called by the calling thread; what it throws ends the merge and passes through
   * @throws io.duckmesh.engine.objects.CorruptObjectException if a source has other bytes than were
   *     published
   * @throws io.duckmesh.engine.objects.ObjectNotFoundException if there is no object of a source
   * @throws io.duckmesh.engine.objects.ObjectStoreUnavailableException if the store does not answer
   * @throws MergeLimitException if memory or disk do not suffice; it will not help to repeat this
   *     order with the same limits
   * @throws MergeCancelledException if the thread was interrupted; its flag is set
   * @throws MergeFailedException if it failed for another reason, which its message tells
   * @throws IOException if {@code out} throws it
   */
  MergedFile merge(MergeOrder order, OutputStream out, MergeProgress progress) throws IOException;

  /** Ends what runs and frees what is held. */
  @Override
  void close();
}
