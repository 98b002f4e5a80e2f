/** Segments: the encoding of events of one table as one log record. */
@NullMarked
package io.duckmesh.engine.segment;

import org.jspecify.annotations.NullMarked;
