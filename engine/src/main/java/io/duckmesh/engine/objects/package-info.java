/** The object store: immutable objects under keys that are never used twice. */
@NullMarked
package io.duckmesh.engine.objects;

import org.jspecify.annotations.NullMarked;
