/** Tables over HTTP: create, list, describe, drop, and the cached view that ingest uses. */
@NullMarked
package io.duckmesh.api.tables;

import org.jspecify.annotations.NullMarked;
