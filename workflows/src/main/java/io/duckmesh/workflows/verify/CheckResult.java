package io.duckmesh.workflows.verify;

/**
 * What a look came to.
 *
 * @param findings what is not as it should be; they are in the catalog, under the run
 */
public record CheckResult(long findings) {}
