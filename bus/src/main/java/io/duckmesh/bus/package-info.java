/** The durable log between clients and tables: what has arrived and not yet landed. */
@NullMarked
package io.duckmesh.bus;

import org.jspecify.annotations.NullMarked;
