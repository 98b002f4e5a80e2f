/** The catalog on PostgreSQL: one schema, one statement or transaction per promise. */
@NullMarked
package io.duckmesh.catalog.postgres;

import org.jspecify.annotations.NullMarked;
