package io.duckmesh.catalog;

/**
 * What a query read.
 *
 * @param files data files that it was given
 * @param bytes bytes of these
 * @param prunedFiles data files of its tables that it did not need, as their statistics say
 * @param cachedFiles of the files, those that were on the gateway already
 * @param downloadedFiles of the files, those that were fetched for it
 * @param downloadedBytes bytes of these
 */
public record QueryReads(
    long files,
    long bytes,
    long prunedFiles,
    long cachedFiles,
    long downloadedFiles,
    long downloadedBytes) {
  public static final QueryReads NONE = new QueryReads(0, 0, 0, 0, 0, 0);
}
