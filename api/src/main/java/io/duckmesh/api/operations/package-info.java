/** What operators read: snapshots, lag, health, readiness, metrics and the OpenAPI document. */
@NullMarked
package io.duckmesh.api.operations;

import org.jspecify.annotations.NullMarked;
