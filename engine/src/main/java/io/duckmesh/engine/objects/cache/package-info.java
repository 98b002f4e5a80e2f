/** Objects as local files: those of a local store where they are, others fetched once and kept. */
@NullMarked
package io.duckmesh.engine.objects.cache;

import org.jspecify.annotations.NullMarked;
