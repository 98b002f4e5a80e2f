/**
 * Clients' rows: from JSON text to typed columns, with an error for each value that does not fit.
 */
@NullMarked
package io.duckmesh.engine.rows;

import org.jspecify.annotations.NullMarked;
