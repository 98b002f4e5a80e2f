/** Letting go of snapshots and rows that are older than a tenant wants to keep. */
@NullMarked
package io.duckmesh.workflows.expire;

import org.jspecify.annotations.NullMarked;
