/** SQL over HTTP: barrier, snapshot, binding, and the streamed answer. */
@NullMarked
package io.duckmesh.api.query;

import org.jspecify.annotations.NullMarked;
