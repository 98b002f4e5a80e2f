/** Events over HTTP: read, check, publish, and wait until they are visible. */
@NullMarked
package io.duckmesh.api.ingest;

import org.jspecify.annotations.NullMarked;
