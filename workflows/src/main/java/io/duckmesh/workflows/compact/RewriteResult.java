package io.duckmesh.workflows.compact;

import org.jspecify.annotations.Nullable;

/**
 * A group whose new file is written, or was lost.
 *
 * @param lost whether the rewrite can not be published any more, so that nothing was written
 * @param filesOut 1, or 0 if no row is left
 * @param rows rows of the new file
 * @param bytesOut bytes of the new file; 0 if another attempt has written it
 * @param reason why it was lost, in words
 */
public record RewriteResult(
    long rewriteId,
    boolean lost,
    int filesOut,
    long rows,
    long bytesOut,
    long millis,
    @Nullable String reason) {}
