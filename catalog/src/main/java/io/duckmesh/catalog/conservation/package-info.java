/** The equation that no event escapes: accepted = visible + duplicates + quarantined + pending. */
@NullMarked
package io.duckmesh.catalog.conservation;

import org.jspecify.annotations.NullMarked;
