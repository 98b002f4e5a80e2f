/** JSON requests read by name with every problem collected, and JSON answers. */
@NullMarked
package io.duckmesh.api.json;

import org.jspecify.annotations.NullMarked;
