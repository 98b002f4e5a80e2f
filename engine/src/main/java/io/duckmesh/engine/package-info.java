/** The bytes: what is common to all of them. */
@NullMarked
package io.duckmesh.engine;

import org.jspecify.annotations.NullMarked;
