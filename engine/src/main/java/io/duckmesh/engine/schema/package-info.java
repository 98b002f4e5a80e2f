/** Column types and table schemas: the one definition of what a value may be. */
@NullMarked
package io.duckmesh.engine.schema;

import org.jspecify.annotations.NullMarked;
